import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { orders } from '../../src/streams/orders.stream.ts';
import { appendEvents } from '../support/stores/append-events.ts';
import { follow, startProcess, type TestProcess, until } from '../support/processes/process.ts';
import { ownData } from '../support/stores/servers.ts';

let redis: Redis;
let folder: string;
beforeAll(async () => {
  const { REDIS_HOST = '', REDIS_PORT, REDIS_DB } = await ownData();
  const address = { host: REDIS_HOST, port: Number(REDIS_PORT), db: Number(REDIS_DB) };
  redis = new Redis(address);
  folder = await mkdtemp(join(tmpdir(), 'orderflow-examples-'));
  // As a running `npm start` writes it.
  await writeFile(
    join(folder, 'run.json'),
    `${JSON.stringify({ api: 'http://127.0.0.1', redis: address }, undefined, 2)}\n`,
  );
});
afterAll(async () => {
  redis.disconnect();
  await rm(folder, { recursive: true });
});
beforeEach(async () => void (await redis.flushdb()));

const append = (count: number) => appendEvents(redis, orders, 'order.paid', count, { user_id: 1 });
const printed = (some: TestProcess, count: number) =>
  until(
    () => `${count} lines; there are:\n${some.output()}`,
    () => (some.output().split('\n').length > count ? some.output().trim().split('\n') : undefined),
  );
const consume = (...args: string[]) =>
  startProcess('examples/consume-orders.ts', ['--group', 'test', ...args], { DATA_DIR: folder });

test('the consumer takes each event once, acknowledges it, and ends when it is told to', async () => {
  const subjects = await append(3);
  const consumer = consume();
  await printed(consumer, 3);
  subjects.push(...(await append(2)));
  // Delivered again, as a relay does whose answer was lost.
  const [first] = await redis.xrange(orders.name, '-', '+', 'COUNT', 1);
  await redis.xadd(orders.name, '*', ...(first?.[1] ?? []));
  subjects.push(...(await append(1)));
  const lines = await printed(consumer, 6);
  expect(lines.map((line) => line.split(' ')[2])).toEqual(subjects);
  expect(lines[0]).toMatch(/^\S+Z order\.paid [0-9a-f-]{36} \{"user_id":1\}$/);
  await until('nothing unacknowledged', async () =>
    String(await redis.xpending(orders.name, 'test')).startsWith('0') ? true : undefined,
  );
  await consumer.signal('SIGTERM');
  expect(consumer.output().split('\n')).toHaveLength(7);
});

test('what a dead member of the group held goes to the next', async () => {
  const subjects = await append(2);
  await redis.xgroup('CREATE', orders.name, 'test', '0');
  await redis.xreadgroup('GROUP', 'test', 'dead', 'STREAMS', orders.name, '>');
  const consumer = consume('--idle-ms', '100');
  const lines = await printed(consumer, 2);
  expect(lines.map((line) => line.split(' ')[2])).toEqual(subjects);
  await consumer.signal('SIGTERM');
});

test('without a platform to read from, the examples say what to do', async () => {
  const nowhere = startProcess('examples/consume-orders.ts', [], { DATA_DIR: join(folder, 'nowhere') });
  await until('the remedy', () => (/run `npm start` first/.test(nowhere.output()) ? true : undefined));
  const { status, stderr } = spawnSync('examples/follow-orders.sh', {
    env: { PATH: process.env['PATH'], DATA_DIR: folder + 'x' },
  });
  expect(status).toBe(1);
  expect(stderr.toString()).toContain('run `npm start` first');
});

test('the shell script follows a stream from an entry on, or from now on', async () => {
  if (spawnSync('redis-cli', ['--version']).status !== 0) {
    process.stdout.write('examples/follow-orders.sh: not run, there is no redis-cli\n');
    return;
  }
  const start = (...args: string[]) =>
    follow(
      spawn('examples/follow-orders.sh', args, {
        env: { PATH: process.env['PATH'], DATA_DIR: folder },
        detached: true,
      }),
    );
  const end = (some: TestProcess) => process.kill(-some.pid);
  const subjects = await append(3);
  const all = start('orders', '0');
  expect((await printed(all, 3)).map((line) => line.split(' ')[3])).toEqual(subjects);
  const [firstId] = (all.output().split('\n')[0] ?? '').split(' ');
  const rest = start('orders', firstId ?? '');
  await printed(rest, 2);
  const late = await append(2);
  expect((await printed(all, 5)).map((line) => line.split(' ')[3])).toEqual([...subjects, ...late]);
  expect((await printed(rest, 4)).map((line) => line.split(' ')[3])).toEqual([...subjects.slice(1), ...late]);
  end(all);
  end(rest);
});
