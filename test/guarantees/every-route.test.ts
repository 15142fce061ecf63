import { randomUUID, randomUUIDv7 } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { hashToken } from '../../src/accounts/tokens.ts';
import { Token } from '../../src/entities/accounts.entity.ts';
import { adminId, demoId } from '../support/api/accounts.ts';
import { type Platform, type RedisServer, startPlatform } from '../support/processes/platform.ts';
import { patienceMs } from '../support/processes/process.ts';
import { boardRequestsOf, requestsOf, type RouteRequest } from '../support/api/every-route.ts';

const Order = z.object({ id: z.string(), payment: z.object({ id: z.string() }) });
const Job = z.object({ id: z.string() });

let platform: Platform;
let redis: RedisServer;
let requests: readonly RouteRequest[];
beforeAll(async () => {
  platform = await startPlatform({
    ownRedis: true,
    env: { RATE_LIMIT_BURST: '0', RATE_LIMIT_ANONYMOUS_PER_MINUTE: '0' },
  });
  if (!platform.redisServer) throw new Error('a Redis of its own was asked for');
  redis = platform.redisServer;
  const { id: order, payment } = Order.parse(await (await platform.send('POST', '/orders', { products: [1] })).json());
  const job = Job.parse(await (await platform.send('POST', '/products/sync', undefined, 'admin')).json());
  const ids = { orders: order, payments: payment.id, jobs: job.id, users: String(demoId), products: '2' };
  const idOf = (path: string) => Object.entries(ids).find(([name]) => path.startsWith(`/${name}/{id}`))?.[1];
  const document: unknown = await (await fetch(`${platform.url}/openapi.json`)).json();
  // The board's routes are its own, and not in the description.
  requests = [...requestsOf(document, idOf), ...boardRequestsOf('/admin/queues', 'upkeep')];
});
afterAll(() => platform.stop());

const strike = async (): Promise<void> => redis.process().signal('SIGKILL');
const outages = [
  ['is paused for 2 s', () => pause(2_000)],
  ['is paused for 5 s', () => pause(5_000)],
  ['is killed under way', strike],
  ['is gone', strike],
  ['comes back', () => redis.restart()],
  ['is there again', async () => {}],
] as const;

it.each(outages)('no route answers 500 and no process ends while Redis %s', async (_name, outage) => {
  const answers = await Promise.all([everyRoute(), outage()]);
  const bad = answers[0].filter(({ status }) => status >= 500 && status !== 503);
  expect(bad, said()).toEqual([]);
  for (const { pid } of [...platform.apis, ...platform.workers])
    expect(() => process.kill(pid, 0), said()).not.toThrow();
  // What nobody hears is a fault, also where it ends nothing.
  expect(said()).not.toContain('unheard');
});

/** How long Redis is frozen is what the outage is. */
async function pause(forMs: number): Promise<void> {
  await redis.process().signal('SIGSTOP');
  await sleep(forMs);
  await redis.process().signal('SIGCONT');
}

/** Asks all of them at once, each with a login of its own, which it may end. */
async function everyRoute() {
  const em = platform.orm.em.fork();
  const createdAt = new Date();
  const expiresAt = new Date(createdAt.getTime() + 3_600_000);
  const tokens = requests.map(() => randomUUID());
  await em.insertMany(
    Token,
    tokens.map((token) => ({ id: randomUUIDv7(), user: adminId, hash: hashToken(token), createdAt, expiresAt })),
  );
  const probes = platform.healths.flatMap((url) => ['/healthz', '/readyz', '/metrics'].map((path) => url + path));
  const probing = probes.map(async (path) => ({ path, ...(await heard(await fetch(path))) }));
  const asking = requests.map(async ({ method, path, ...sent }, index) => {
    const headers = { ...sent.headers, authorization: `Bearer ${tokens[index]}` };
    const cut = AbortSignal.timeout(patienceMs);
    const answer = await fetch(platform.url + path, { ...sent, method, headers, signal: cut, redirect: 'manual' });
    return { method, path, ...(await heard(answer)) };
  });
  return Promise.all([...probing, ...asking]);
}

async function heard(answer: Response) {
  const isEndless = answer.headers.get('content-type')?.startsWith('text/event-stream');
  const text = isEndless ? (await answer.body?.cancel(), '') : await answer.text();
  return { status: answer.status, text: text.slice(0, 300) };
}

function said(): string {
  return [...platform.apis, ...platform.workers].map((some) => some.output().slice(-3_000)).join('\n');
}
