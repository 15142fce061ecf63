import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { type Context, openContext } from '../../../src/context.ts';
import { DeadLetter } from '../../../src/entities/ops.entity.ts';
import { finnhub } from '../../../src/jobs/queues.ts';
import { patientRedis } from '../../../src/redis/connection.ts';
import { runQueue } from '../../../src/workers/run-queue.ts';
import { type MarketHouse, openMarketHouse } from '../../support/api/market-api.ts';
import { problemOf } from '../../support/api/problem-of.ts';
import { until } from '../../support/processes/process.ts';

let house: MarketHouse;
/** Another process. */
let other: Context;
beforeAll(async () => {
  house = await openMarketHouse();
  other = await openContext(house.ctx.config, 'test');
  await until('Redis is there', () => (other.redis.status === 'ready' ? true : undefined));
});
afterAll(async () => {
  await other.close();
  await house.close();
});
beforeEach(() => house.ctx.redis.flushdb());

const queueOf = () => {
  const queue = house.ctx.jobs.queues.get(finnhub.name);
  if (!queue) throw new Error('there is no such queue');
  return queue;
};
const admin = (path: string, body: object = {}) => house.send('POST', path, { as: 'admin', body });
const letters = (jobId: string) => house.ctx.orm.em.fork().count(DeadLetter, { jobId });

/** A fetch that the provider has failed: no reader has it asked again for a while. */
async function failedFetch(symbol: string): Promise<string> {
  await house.sandbox.fault({ target: 'finnhub', kind: '5xx' });
  const { headers } = await house.quote(symbol, { prefer: 'wait=0' });
  const id = (headers.get('location') ?? '').replace('/jobs/', '');
  const worker = house.startWorker();
  await until('it has failed', async () => ((await letters(id)) === 1 ? true : undefined));
  await worker.close();
  await house.sandbox.clearFaults();
  return id;
}

/** What becomes of a job in a process: in one that has itself asked in vain, too. */
async function resultOf(id: string, context = other): Promise<unknown> {
  const worker = runQueue(finnhub, finnhub.concurrency, patientRedis(context.config), context);
  const result = await until('the job is over', async () => {
    const job = await queueOf().getJob(id);
    const returned: unknown = job?.returnvalue;
    return job?.finishedOn ? returned : undefined;
  });
  await worker.close();
  return result;
}

const crowd = async () => {
  for (let index = 0; index < 500; index += 1) await house.ctx.market.asks.admit(`fetch-quote:S${index}`);
};

test('a failed fetch that is tried again calls the provider: whoever has it tried wants it', async () => {
  const id = await failedFetch('AAPL');
  const before = (await house.callsAbout('AAPL')).length;
  expect((await admin(`/jobs/${id}/retry`)).status).toBe(200);
  expect(await resultOf(id, house.ctx)).toEqual({ symbol: 'AAPL', outcome: 'stored' });
  expect(await house.callsAbout('AAPL')).toHaveLength(before + 1);
});

test('one that is replayed does so, too', async () => {
  await failedFetch('MSFT');
  const before = (await house.callsAbout('MSFT')).length;
  const { data } = Replay.parse(await (await admin('/dead-letters/replay', { kind: 'fetch-quote' })).json());
  expect(data).toHaveLength(1);
  expect(await resultOf(data[0]?.job_id ?? '')).toEqual({ symbol: 'MSFT', outcome: 'stored' });
  expect(await house.callsAbout('MSFT')).toHaveLength(before + 1);
});

test('where five hundred people wait it is tried later, and keeps its dead letter', async () => {
  const id = await failedFetch('IBM');
  await crowd();
  const refused = await admin(`/jobs/${id}/retry`);
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  expect([refused.status, (await problemOf(refused)).code]).toEqual([503, 'market_busy']);
  expect(await queueOf().getJobState(id)).toBe('failed');
  const replayed = await admin('/dead-letters/replay', { kind: 'fetch-quote' });
  expect(Replay.parse(await replayed.json()).data).toEqual([]);
  expect(await letters(id)).toBe(1);
});

const Replay = z.object({ data: z.array(z.object({ job_id: z.string() })) });
