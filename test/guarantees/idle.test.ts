import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { type Platform, startPlatform } from '../support/processes/platform.ts';
import { type TestProcess, until } from '../support/processes/process.ts';

// One API and one worker with nothing to do, on servers that nobody else asks for anything.
let platform: Platform;
beforeAll(async () => {
  // Packages as they are installed, not the bundle that tests start with.
  vi.stubEnv('TEST_PACKAGES', '');
  const listLoaded = new URL('../support/processes/loaded-files.js', import.meta.url).href;
  const env = { WATCHLIST: '', NODE_OPTIONS: `--import=${listLoaded}` };
  platform = await startPlatform({ ownRedis: true, ownMysql: true, env });
  // Schedules are made first, and what is on schedule runs once when they are.
  await until('Redis holds all', async () => (await platform.redis.get('orderflow:whole')) ?? undefined);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await platform.stop();
});

const Asked = z.tuple([z.object({ Value: z.coerce.number() })]);

/** How many statements clients have sent to this MySQL, or how many connections they have opened. */
async function askedOfMysql(what: 'Questions' | 'Connections'): Promise<number> {
  const status: unknown = await platform.orm.em.fork().execute(`show global status like '${what}'`);
  return Asked.parse(status)[0].Value;
}

/** How often this Redis has read what a client sent. */
async function askedOfRedis(): Promise<number> {
  return Number(/^total_reads_processed:(\d+)/m.exec(await platform.redis.info('stats'))?.[1]);
}

// The server's own seconds: a slow machine asks for less in them, never for more.
const seconds = 10;

/** What is asked for in so many seconds. */
async function askedMeanwhile() {
  const look = () => Promise.all([askedOfMysql('Questions'), askedOfRedis(), askedOfMysql('Connections')]);
  const before = await look();
  await platform.orm.em.fork().execute('select sleep(?)', [seconds]);
  const after = await look();
  return { statements: after[0] - before[0], reads: after[1] - before[1], connections: after[2] - before[2] };
}

test('an idle platform asks MySQL for less than 9 statements a second, and Redis less than 26 times', async () => {
  let asked = await askedMeanwhile();
  // Beside others a start takes its time to end; what is asked again and again is so at any time.
  await until(
    () => `so little in ${seconds} s; it was ${JSON.stringify(asked)}`,
    async () => {
      // What is asked again and again keeps its connection.
      if (asked.statements < 9 * seconds && asked.reads < 26 * seconds && asked.connections < seconds / 2) return true;
      asked = await askedMeanwhile();
      return undefined;
    },
  );
});

test('an idle API listens to no queue: every job of every other process would wake it', async () => {
  expect(await platform.redis.client('LIST')).not.toContain('cmd=xread');
});

/** The packages that a process has loaded by now. */
async function packagesOf(some: TestProcess | undefined): Promise<ReadonlySet<string>> {
  if (!some) throw new Error('there is no such process');
  process.kill(some.pid, 'SIGUSR2');
  const line = await until('it says what it has loaded', () => /^\{"loaded":.*\}$/m.exec(some.output())?.[0]);
  const { loaded } = z.object({ loaded: z.array(z.string()) }).parse(JSON.parse(line));
  return new Set(loaded.flatMap((url) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1] ?? []));
}

const telemetry = /^(bullmq-otel|@opentelemetry\/(?!api$).*)$/;
const ofApi = /^(hono|@hono\/.*|@bull-board\/.*|rate-limiter-flexible)$/;

test('neither loads what it may never need: gateways, telemetry, pages; and a worker nothing of the API', async () => {
  const [api, worker] = await Promise.all([packagesOf(platform.apis[0]), packagesOf(platform.workers[0])]);
  for (const packages of [api, worker]) {
    expect(packages).toContain('bullmq');
    expect([...packages].filter((name) => telemetry.test(name))).toEqual([]);
    expect(packages).not.toContain('stripe');
    expect(packages).not.toContain('swagger-ui-dist');
  }
  expect(api).not.toContain('prom-client');
  expect([...worker].filter((name) => ofApi.test(name))).toEqual([]);
});
