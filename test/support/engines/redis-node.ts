import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import type { Program } from './packages.ts';
import { loopback, type Place } from './place.ts';
import { type Node, planNode } from './server-node.ts';

const installed = (): Program => ({ program: process.env['TEST_REDIS_SERVER'] || 'redis-server', before: [] });
const libraries = () => {
  const path = process.env['TEST_LD_LIBRARY_PATH'];
  return path ? { LD_LIBRARY_PATH: path } : {};
};

/** A durable Redis with further options, not started yet; it may be another than the installed one. */
export function redisNode(
  folder: string,
  port: number,
  options: readonly string[],
  { other, place = loopback }: Readonly<{ other?: Program | undefined; place?: Place | undefined }> = {},
): Node {
  const own = join(folder, String(port));
  const { program, before } = other ?? installed();
  const address = ['--port', String(port), '--bind', place.host, '--protected-mode', 'no', '--dir', own];
  const keeping = ['--appendonly', 'yes', '--maxmemory-policy', 'noeviction', '--repl-diskless-sync-delay', '0'];
  const args = [...before, ...address, ...keeping, ...options];
  const env = other ? {} : libraries();
  return planNode({ place, port, folder: own, program, args, env, saysReady: /Ready to accept connections/ });
}

/** A sentinel that watches a master with two others; it looks for another after a second. */
export async function sentinelNode(folder: string, port: number, master: Address): Promise<Node> {
  const own = join(folder, String(port));
  await mkdir(own, { recursive: true });
  const lines = [
    `port ${port}`,
    'bind 127.0.0.1',
    'sentinel announce-ip 127.0.0.1',
    `sentinel monitor mymaster ${master.host} ${master.port} 2`,
    'sentinel down-after-milliseconds mymaster 1000',
    'sentinel failover-timeout mymaster 5000',
  ];
  const file = join(own, 'sentinel.conf');
  await writeFile(file, `${lines.join('\n')}\n`);
  const { program } = installed();
  const args = [file, '--sentinel'];
  return planNode({ port, folder: own, program, args, env: libraries(), saysReady: /\+monitor/ });
}

type Address = Pick<Node, 'host' | 'port'>;

/** Sends one command to the server at an address, and to no other. @throws what it refuses with, or that it does not answer. */
export async function ask(
  { host, port }: Address,
  ...[command, ...words]: [string, ...(string | number)[]]
): Promise<unknown> {
  const once = { connectTimeout: 2_000, commandTimeout: 10_000, retryStrategy: null, enableReadyCheck: false };
  const redis = new Redis({ host, port, lazyConnect: true, ...once });
  redis.on('error', () => {});
  try {
    await redis.connect();
    return await redis.call(command, ...words);
  } finally {
    redis.disconnect();
  }
}
