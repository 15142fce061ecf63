import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { orders } from '../../src/streams/orders.stream.ts';
import { appendEvents } from '../support/stores/append-events.ts';
import { follow, startProcess, type TestProcess, until } from '../support/processes/process.ts';
import { startRedis } from '../support/processes/platform.ts';
import { ownData } from '../support/stores/servers.ts';

let redis: Redis;
let folder: string;
beforeAll(async () => {
  const { REDIS_HOST = '', REDIS_PORT, REDIS_DB } = await ownData();
  const address = { host: REDIS_HOST, port: Number(REDIS_PORT), db: Number(REDIS_DB) };
  redis = new Redis(address);
  folder = await mkdtemp(join(tmpdir(), 'orderflow-examples-'));
  await writeRunFile(folder, address);
});
afterAll(async () => {
  redis.disconnect();
  await rm(folder, { recursive: true });
});
beforeEach(async () => void (await redis.flushdb()));

/** As a running `npm start` writes it. */
async function writeRunFile(place: string, address: object): Promise<void> {
  const run = { api: 'http://127.0.0.1', processes: [], mysql: { host: 'elsewhere', password: 'x' }, redis: address };
  await writeFile(join(place, 'run.json'), `${JSON.stringify(run, undefined, 2)}\n`);
}
const append = (count: number, more: Readonly<Record<string, string>> = {}) =>
  appendEvents(redis, orders, 'order.paid', count, { user_id: 1 }, more);
const printed = (some: TestProcess, count: number) =>
  until(
    () => `${count} lines; there are:\n${some.output()}`,
    () => (some.output().split('\n').length > count ? some.output().trim().split('\n') : undefined),
  );
const consumeAt = (place: string, ...args: string[]) =>
  startProcess('examples/consume-orders.ts', ['--group', 'test', ...args], { DATA_DIR: place });
const consume = (...args: string[]) => consumeAt(folder, ...args);

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

/** Starts the shell script; undefined where there is no redis-cli. */
function startScript(dataDirectory: string, ...args: string[]): (TestProcess & Readonly<{ end(): void }>) | undefined {
  if (spawnSync('redis-cli', ['--version']).status !== 0) {
    process.stdout.write('examples/follow-orders.sh: not run, there is no redis-cli\n');
    return undefined;
  }
  const env = { PATH: process.env['PATH'], DATA_DIR: dataDirectory };
  const script = follow(spawn('examples/follow-orders.sh', args, { env, detached: true }));
  return { ...script, end: () => process.kill(-script.pid) };
}
const subjectsIn = (lines: readonly string[]) => lines.map((line) => line.split(' ')[3]);

test('the shell script follows a stream from an entry on, or from now on', async () => {
  const subjects = await append(3);
  const all = startScript(folder, 'orders', '0');
  if (!all) return;
  expect(subjectsIn(await printed(all, 3))).toEqual(subjects);
  const [firstId] = (all.output().split('\n')[0] ?? '').split(' ');
  const rest = startScript(folder, 'orders', firstId ?? '');
  if (!rest) return;
  await printed(rest, 2);
  const late = await append(2);
  expect(subjectsIn(await printed(all, 5))).toEqual([...subjects, ...late]);
  expect(subjectsIn(await printed(rest, 4))).toEqual([...subjects.slice(1), ...late]);
  all.end();
  rest.end();
});

test('the shell script knows entries of a platform with traces, which have a field more, beside those of one without', async () => {
  const traced = { trace: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01' };
  const subjects = [...(await append(2, traced)), ...(await append(1)), ...(await append(2, traced))];
  const script = startScript(folder, 'orders', '0');
  if (!script) return;
  expect(subjectsIn(await printed(script, 5))).toEqual(subjects);
  const late = await append(1, traced);
  expect(subjectsIn(await printed(script, 6))).toEqual([...subjects, ...late]);
  for (const line of script.output().trim().split('\n'))
    expect(line).toMatch(/^\d+-\d+ \S+Z order\.paid [0-9a-f-]{36} \{"user_id":1\}$/);
  script.end();
});

test('the password of a Redis that `npm start` was given is that of the examples too', async () => {
  const server = await startRedis();
  const password = 'a "long", one \\ {here}';
  const place = await mkdtemp(join(tmpdir(), 'orderflow-examples-'));
  const address = { host: '127.0.0.1', port: Number(server.env['REDIS_PORT']), db: 0, password };
  await writeRunFile(place, address);
  const owner = new Redis({ host: address.host, port: address.port });
  await owner.config('SET', 'requirepass', password);
  const subjects = await appendEvents(owner, orders, 'order.paid', 2, { user_id: 1 });
  const consumer = consumeAt(place);
  expect((await printed(consumer, 2)).map((line) => line.split(' ')[2])).toEqual(subjects);
  const script = startScript(place, 'orders', '0');
  if (script) expect(subjectsIn(await printed(script, 2))).toEqual(subjects);
  script?.end();
  await consumer.signal('SIGTERM');
  owner.disconnect();
  await server.stop();
  await rm(place, { recursive: true });
});

test('the shell script ends with what a Redis says that refuses it', async () => {
  await redis.set(orders.name, 'no stream');
  const script = startScript(folder, 'orders');
  if (!script) return;
  expect(await script.ended).toBe(1);
  expect(script.output()).toMatch(/^WRONGTYPE /);
});
