import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import type { Program } from './packages.ts';
import { type Node, planNode } from './server-node.ts';

const installed = (): Program => ({ program: process.env['TEST_REDIS_SERVER'] || 'redis-server', before: [] });
const libraries = () => {
  const path = process.env['TEST_LD_LIBRARY_PATH'];
  return path ? { LD_LIBRARY_PATH: path } : {};
};

/** A durable Redis with further options, not started yet; it may be another than the installed one. */
export function redisNode(folder: string, port: number, options: readonly string[], other?: Program): Node {
  const own = join(folder, String(port));
  const { program, before } = other ?? installed();
  const place = ['--port', String(port), '--bind', '127.0.0.1', '--dir', own];
  const keeping = ['--appendonly', 'yes', '--maxmemory-policy', 'noeviction', '--repl-diskless-sync-delay', '0'];
  const args = [...before, ...place, ...keeping, ...options];
  const env = other ? {} : libraries();
  return planNode({ port, folder: own, program, args, env, saysReady: /Ready to accept connections/ });
}

/** A sentinel that watches the master on `masterPort` with two others; it looks for another after a second. */
export async function sentinelNode(folder: string, port: number, masterPort: number): Promise<Node> {
  const own = join(folder, String(port));
  await mkdir(own, { recursive: true });
  const lines = [
    `port ${port}`,
    'bind 127.0.0.1',
    `sentinel monitor mymaster 127.0.0.1 ${masterPort} 2`,
    'sentinel down-after-milliseconds mymaster 1000',
    'sentinel failover-timeout mymaster 5000',
  ];
  const file = join(own, 'sentinel.conf');
  await writeFile(file, `${lines.join('\n')}\n`);
  const { program } = installed();
  const args = [file, '--sentinel'];
  return planNode({ port, folder: own, program, args, env: libraries(), saysReady: /\+monitor/ });
}

/** Sends one command to the server on a port, and to no other. @throws what it refuses with. */
export async function ask(port: number, ...[command, ...words]: [string, ...(string | number)[]]): Promise<unknown> {
  const redis = new Redis({ port, host: '127.0.0.1', lazyConnect: true, enableReadyCheck: false, retryStrategy: null });
  redis.on('error', () => {});
  try {
    await redis.connect();
    return await redis.call(command, ...words);
  } finally {
    redis.disconnect();
  }
}
