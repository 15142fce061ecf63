import { Agent, get } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { Queue } from 'bullmq';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { openEventClient } from '../support/api/event-client.ts';
import { type Platform, startPlatform } from '../support/processes/platform.ts';
import { type TestProcess, until } from '../support/processes/process.ts';

// Two of each, of which each test ends one.
let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform({
    apis: 4,
    workers: 4,
    ownRedis: true,
    ownMysql: true,
    env: { SHUTDOWN_SECONDS: '6' },
  });
});
afterAll(() => platform.stop());

const found = <T>(value: T | undefined): T => {
  if (value === undefined) throw new Error('there is none');
  return value;
};
const ended = async (some: TestProcess) =>
  until(
    () => `it ends; it said ${some.output()}`,
    async () => ((await Promise.race([some.ended, sleep(25, 'no' as const)])) === 'no' ? undefined : some.ended),
  );
const readiness = async (url: string) => (await fetch(`${url}/readyz`).catch(() => undefined))?.status;

/** The status of a GET on a connection that is kept for the next, and whether the server gives it up. */
async function ask(url: string, agent: Agent) {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number | undefined; isLast: boolean }>();
  get(url, { agent }, (response) => {
    const isLast = response.headers.connection === 'close';
    text(response).then(() => resolve({ status: response.statusCode, isLast }), reject);
  }).on('error', reject);
  return promise;
}

test('after a SIGTERM an API is not ready, serves on for two seconds, says bye to streams, and ends with 0', async () => {
  const [api, url, health] = [found(platform.apis[0]), found(platform.urls[0]), found(platform.healths[0])];
  const client = openEventClient(`${url}/streams/market`);
  await client.connect();
  const agent = new Agent({ keepAlive: true });
  expect(await ask(`${url}/auth/ping`, agent)).toEqual({ status: 200, isLast: false });
  const beganMs = performance.now();
  process.kill(api.pid, 'SIGTERM');
  await until('it is not ready', async () => ((await readiness(health)) === 503 ? true : undefined));
  let served = 0;
  // On the clock of the promise: the process may be slower than it, never faster. What was heard too late to be promised is not looked at.
  for (;;) {
    const heard = await Promise.all([ask(`${url}/auth/ping`, agent), readiness(url)]).catch(() => undefined);
    if (performance.now() - beganMs >= 1_900) break;
    expect(heard).toEqual([{ status: 200, isLast: true }, 503]);
    served += 1;
  }
  expect(served).toBeGreaterThan(0);
  expect(await ended(api)).toBe(0);
  expect(client.text()).toContain('event: bye');
});

test('a balancer may probe by HTTP/1.0, without naming a host', async () => {
  const { port } = new URL(found(platform.urls[1]));
  const socket = connect(Number(port), '127.0.0.1');
  socket.write('GET /readyz HTTP/1.0\r\n\r\n');
  expect(await text(socket)).toMatch(/^HTTP\/1\.1 200 [^]*\{"status":"ready"\}$/);
});

test('an API ends with 0 at once after Ctrl-C; who waits for a job is told where to find it', async () => {
  const [api, url] = [found(platform.apis[1]), found(platform.urls[1])];
  const { host, port, db } = platform.redis.options;
  const queue = new Queue('finnhub', { connection: { host: String(host), port: Number(port), db: Number(db) } });
  await queue.pause();
  let isAnswered = false;
  const quote = () => {
    isAnswered = false;
    return fetch(`${url}/market/quote?symbol=IBM`, { headers: { prefer: 'wait=10' } }).finally(
      () => (isAnswered = true),
    );
  };
  let waiting = quote();
  await until('its job waits', async () => {
    // Where a Redis that stood still has kept it from its queue, or nobody waits for it any more.
    if (isAnswered) waiting = quote();
    const jobs = await queue.getJobs(['prioritized', 'waiting']);
    return jobs.some(({ data }) => JSON.stringify(data).includes('IBM')) || undefined;
  });
  process.kill(api.pid, 'SIGINT');
  const answer = await waiting;
  expect({ status: answer.status, location: answer.headers.get('location') }).toEqual({
    status: 202,
    location: expect.stringMatching(/\/jobs\/./),
  });
  expect(await ended(api)).toBe(0);
  expect(await readiness(url)).toBeUndefined();
  await queue.resume();
  await queue.close();
});

test('a worker finishes what it has begun, and ends with 0', async () => {
  const placed = await fetch(`${found(platform.urls[2])}/orders`, {
    method: 'POST',
    headers: { authorization: `Bearer ${await token()}`, 'content-type': 'application/json' },
    body: JSON.stringify({ products: [1] }),
  });
  const { id } = z.object({ id: z.string() }).parse(await placed.json());
  for (const worker of platform.workers.slice(0, 2)) process.kill(worker.pid, 'SIGTERM');
  for (const worker of platform.workers.slice(0, 2)) expect(await ended(worker)).toBe(0);
  await until('the order is paid', async () => {
    const rows = await platform.orm.em.fork().execute(`select status from orders where id = ?`, [id]);
    return JSON.stringify(rows).includes('paid') || undefined;
  });
});

test('with Redis away both end with 0', async () => {
  await platform.redisServer?.process().signal('SIGSTOP');
  const both = [found(platform.apis[2]), found(platform.workers[2])];
  for (const some of both) process.kill(some.pid, 'SIGTERM');
  for (const some of both) expect(await ended(some)).toBe(0);
  await platform.redisServer?.process().signal('SIGCONT');
});

test('with MySQL away both end with 0', async () => {
  await platform.mysqlServer?.process().signal('SIGSTOP');
  const both = [found(platform.apis[3]), found(platform.workers[3])];
  for (const some of both) process.kill(some.pid, 'SIGTERM');
  for (const some of both) expect(await ended(some)).toBe(0);
  await platform.mysqlServer?.process().signal('SIGCONT');
});

async function token(): Promise<string> {
  const answer = await fetch(`${found(platform.urls[2])}/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: 'demo@example.com', password: 'orderflow-demo' }),
  });
  return z.object({ access_token: z.string() }).parse(await answer.json()).access_token;
}
