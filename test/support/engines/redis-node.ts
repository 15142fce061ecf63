import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { bare, follow, type TestProcess, until } from '../processes/process.ts';

/** One server among several: it is killed and comes back on its port, with its data. */
export type Node = Readonly<{
  port: number;
  process(): TestProcess;
  /** Starts it, again after a kill; resolves when it listens. */
  start(): Promise<void>;
}>;

/** A folder for the data of several servers, which goes with them. */
export async function openFolder(name: string): Promise<string> {
  return mkdtemp(join(tmpdir(), `orderflow-${name}-`));
}

/** A durable Redis with further options, not started yet; `program` is another than the installed one. */
export function redisNode(
  folder: string,
  port: number,
  options: readonly string[],
  program = process.env['TEST_REDIS_SERVER'] || 'redis-server',
): Node {
  const own = join(folder, String(port));
  const place = ['--port', String(port), '--bind', '127.0.0.1', '--dir', own];
  const keeping = ['--appendonly', 'yes', '--maxmemory-policy', 'noeviction', '--repl-diskless-sync-delay', '0'];
  return node(port, own, program, [...place, ...keeping, ...options]);
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
  return node(port, own, process.env['TEST_REDIS_SERVER'] || 'redis-server', [file, '--sentinel']);
}

function node(port: number, cwd: string, program: string, args: readonly string[]): Node {
  const libraries = process.env['TEST_LD_LIBRARY_PATH'];
  const env = { ...bare(), ...(libraries ? { LD_LIBRARY_PATH: libraries } : {}) };
  let current: TestProcess | undefined;
  const running = () => {
    if (!current) throw new Error(`the server on ${port} has not been started`);
    return current;
  };
  return {
    port,
    process: running,
    async start() {
      await mkdir(cwd, { recursive: true });
      const started = follow(spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] }));
      current = started;
      await until(
        () => `${program} on ${port} listens; it said: ${started.output()}`,
        () => /Ready to accept connections|\+monitor/.test(started.output()) || undefined,
      );
    },
  };
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

/** Ends servers and takes their data away. */
export async function endNodes(folder: string, nodes: readonly Node[]): Promise<void> {
  for (const each of nodes) await each.process().signal('SIGCONT');
  await Promise.all(nodes.map((each) => each.process().signal('SIGKILL')));
  await rm(folder, { recursive: true, force: true });
}
