import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { buildApp } from '../../../src/api/app.ts';
import type { Lane } from '../../../src/jobs/queues.ts';
import { until } from '../../support/processes/process.ts';
import { openTestApi } from '../../support/api/test-api.ts';
import { type MarketHouse, openMarketHouse } from '../../support/api/market-api.ts';
import { quoteName } from '../../support/api/market-kinds.ts';

// No worker runs unless a test starts one: whatever is asked for waits.
let house: MarketHouse;
beforeAll(async () => {
  house = await openMarketHouse();
});
afterAll(() => house.close());
beforeEach(() => house.ctx.redis.flushdb());

test('while no worker comes, the answer is 202 with the job’s address and when to ask again', async () => {
  const before = performance.now();
  const { status, headers, body } = await house.quote('AAPL', { prefer: 'wait=1' });
  expect(performance.now() - before).toBeGreaterThanOrEqual(990);
  expect([status, headers.get('retry-after'), body['state']]).toEqual([202, '1', 'waiting']);
  const location = headers.get('location') ?? '';
  expect(location).toBe(`/jobs/${String(body['job_id'])}`);
  const job = await house.send('GET', location);
  expect(await job.json()).toMatchObject({ kind: 'fetch-quote', state: 'waiting' });
});

test('who asks again meanwhile is sent to the same job', async () => {
  const ask = () => house.quote('AAPL', { prefer: 'wait=0' });
  const answers = [await ask(), ...(await Promise.all([ask(), ask(), ask()]))];
  expect(new Set(answers.map(({ headers }) => headers.get('location'))).size).toBe(1);
});

test.each([
  ['wait=0', 0],
  ['wait=5', 5_000],
  ['respond-async, wait=7', 7_000],
  ['wait=99', 10_000],
  ['wait=9999', 10_000],
  ['wait=-1', 3_000],
  ['wait=1.5', 3_000],
  ['wait=soon', 3_000],
  ['await=5', 3_000],
  ['', 3_000],
  ['wait=99999999999999999999', 3_000],
])('Prefer: %s waits %i ms', async (prefer, waitMs) => {
  const waited: number[] = [];
  const answers = {
    ...house.parts.answers,
    endOf: async (_queue: string, _id: string, forMs: number) => {
      waited.push(forMs);
      return undefined;
    },
  };
  const app = await buildApp(house.ctx, { ...house.parts, answers });
  expect((await app.request('/market/quote?symbol=AAPL', { headers: { prefer } })).status).toBe(202);
  expect(waited).toEqual([waitMs]);
});

describe('with five hundred others waiting', () => {
  const crowd = async (lane: Lane = 'logged_in') => {
    for (let index = 0; index < 500; index += 1) await house.ctx.market.asks.admit(`fetch-quote:S${index}`, lane);
  };

  test('another symbol is 503 market_busy with Retry-After, and nothing is queued for it', async () => {
    await crowd('anonymous_cold');
    const { status, headers, body } = await house.quote('AAPL');
    expect([status, body['code']]).toEqual([503, 'market_busy']);
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await house.ctx.jobs.queues.get('finnhub')?.getJobCountByTypes('waiting', 'prioritized')).toBe(0);
  });

  test('strangers are refused, and people logged in are not, when it is strangers who wait', async () => {
    await crowd('anonymous_cold');
    expect((await house.quote('AAPL', { prefer: 'wait=0' })).status).toBe(503);
    const asked = await house.send('GET', '/market/quote?symbol=MSFT', { as: 'demo', headers: { prefer: 'wait=0' } });
    expect(asked.status).toBe(202);
  });

  test('a symbol that already waits is joined, and an old copy is answered all the same', async () => {
    await crowd();
    expect((await house.quote('S7', { prefer: 'wait=0' })).status).toBe(202);
    await house.keepCopy('AAPL', 3_600_000);
    expect(await house.quote('AAPL')).toMatchObject({ status: 200, body: { stale: true } });
  });
});

test('a fetch that nobody has wanted for thirty seconds ends without a call', async () => {
  const { headers } = await house.quote('IBM', { prefer: 'wait=0' });
  await house.ctx.redis.zincrby('{market:asks}:1', -30_001, quoteName('IBM'));
  const worker = house.startWorker();
  const id = (headers.get('location') ?? '').replace('/jobs/', '');
  // Looked up past the API: who asks there how the job does, wants it.
  const result = await until('the job is over', async () => {
    const job = await house.ctx.jobs.queues.get('finnhub')?.getJob(id);
    const returned: unknown = job?.returnvalue;
    return job?.finishedOn ? returned : undefined;
  });
  await worker.close();
  expect(result).toEqual({ symbol: 'IBM', outcome: 'not_wanted' });
  expect(await house.callsAbout('IBM')).toEqual([]);
});

test('who asks how the job does still wants it', async () => {
  const { headers } = await house.quote('CSCO', { prefer: 'wait=0' });
  await house.ctx.redis.zincrby('{market:asks}:1', -20_000, quoteName('CSCO'));
  await house.send('GET', headers.get('location') ?? '');
  await house.ctx.redis.zincrby('{market:asks}:1', -20_000, quoteName('CSCO'));
  expect(await house.ctx.market.asks.isWanted(quoteName('CSCO'))).toBe(true);
});

test.each(['', 'A B', 'AAPL;', '.AAPL', 'ÄPFEL', 'A'.repeat(33), '../etc', '<script>', "A'--"])(
  'the symbol %j is 422 with a pointer, and waits nowhere',
  async (symbol) => {
    const { status, body } = await house.quote(symbol);
    expect(status).toBe(422);
    expect(body).toMatchObject({ code: 'invalid', errors: [{ pointer: 'symbol' }] });
    expect(await house.ctx.redis.keys('*market:asks*')).toEqual([]);
  },
);

test('without a key the market is 503 not_configured', async () => {
  const api = await openTestApi();
  const answer = await api.send('GET', '/market/quote?symbol=AAPL');
  expect([answer.status, await answer.json()]).toMatchObject([503, { code: 'not_configured' }]);
  expect(answer.headers.get('retry-after')).not.toBeNull();
  await api.close();
});
