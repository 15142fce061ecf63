import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { type Node, planNode } from './server-node.ts';

const installed = () => process.env['TEST_REDIS_SERVER'] || 'redis-server';
const libraries = () => {
  const path = process.env['TEST_LD_LIBRARY_PATH'];
  return path ? { LD_LIBRARY_PATH: path } : {};
};

/** A durable Redis with further options, not started yet; `program` is another than the installed one. */
export function redisNode(folder: string, port: number, options: readonly string[], program = installed()): Node {
  const own = join(folder, String(port));
  const place = ['--port', String(port), '--bind', '127.0.0.1', '--dir', own];
  const keeping = ['--appendonly', 'yes', '--maxmemory-policy', 'noeviction', '--repl-diskless-sync-delay', '0'];
  const args = [...place, ...keeping, ...options];
  return planNode({ port, folder: own, program, args, env: libraries(), saysReady: /Ready to accept connections/ });
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
  const args = [file, '--sentinel'];
  return planNode({ port, folder: own, program: installed(), args, env: libraries(), saysReady: /\+monitor/ });
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
