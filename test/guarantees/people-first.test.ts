import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WatchedSymbol } from '../../src/entities/market.entity.ts';
import { finnhub, priorityOf } from '../../src/jobs/queues.ts';
import { type MarketHouse, openMarketHouse } from '../support/api/market-api.ts';
import { until } from '../support/processes/process.ts';
import type { SendOptions } from '../support/api/test-api.ts';
import { fetchQuote, quoteName } from '../support/api/market-kinds.ts';

// A window that is full within seconds, and stays so.
const env = { FINNHUB_PER_MINUTE: '20', FINNHUB_WINDOW_MS: '2000' };
const polled = [...Array.from({ length: 9_999 }, (_, index) => `POLL${index}`), 'ORCL'];

let house: MarketHouse;
beforeAll(async () => {
  house = await openMarketHouse(env);
});
afterAll(() => house.close());

/** Lets all of them be watched and wait. */
async function poll(): Promise<void> {
  const createdAt = new Date();
  const rows = polled.map((symbol) => {
    return { symbol, kind: 'stock' as const, everySeconds: 86_400, addedBy: null, createdAt, polledAt: null };
  });
  await house.ctx.orm.em.fork().insertMany(WatchedSymbol, rows);
  const inAnHour = Date.now() + 3_600_000;
  // As many as polling may have wanted at once; their turn comes first.
  const wanted = [...polled.slice(0, 399), 'ORCL'];
  await house.ctx.redis.zadd('market:asks', ...wanted.flatMap((symbol) => [inAnHour, quoteName(symbol)]));
  const jobs = polled.map((symbol) => ({
    name: fetchQuote.kind,
    data: { symbol },
    opts: {
      jobId: randomUUID(),
      priority: priorityOf('watchlist'),
      deduplication: { id: `${fetchQuote.kind}-${symbol}` },
    },
  }));
  // In portions that Redis answers in time.
  for (let first = 0; first < jobs.length; first += 500)
    await house.ctx.jobs.queues.get(finnhub.name)?.addBulk(jobs.slice(first, first + 500));
}

/** Resolves when polling may call no more, and not again before a request has arrived. */
const untilNoneIsLeft = () =>
  until('no call is left', async () => {
    const [window] = (await house.ctx.market.readBudget()).windows;
    const { limit = 0, used = 0, reserved = 0, resetsAtMs = 0 } = window ?? {};
    return used + reserved >= limit && resetsAtMs > Date.now() + 500 ? true : undefined;
  });
const calls = async () =>
  (await house.sandbox.arrivals('finnhub')).map(({ path }) => new URL(path, 'http://x').searchParams.get('symbol'));
/** How many calls were made after somebody had asked, until the one that they asked for; theirs counts. */
async function turnOf(symbol: string, options: SendOptions = {}): Promise<number> {
  const queue = house.ctx.jobs.queues.get(finnhub.name);
  const ask = async (seconds: number) => {
    const headers = { prefer: `wait=${seconds}` };
    return (await house.send('GET', `/market/quote?symbol=${symbol}`, { ...options, headers })).status;
  };
  await untilNoneIsLeft();
  // While they ask nobody calls: whoever stands still meanwhile misses no turn by it.
  await queue?.pause();
  await until('no call is under way', async () => ((await queue?.getActiveCount()) === 0 ? true : undefined));
  expect(await ask(0)).toBe(202);
  const before = (await calls()).length;
  await queue?.resume();
  await until('the quote', async () => ((await ask(10)) === 200 ? true : undefined));
  return (await calls()).slice(before).indexOf(symbol) + 1;
}

test('behind 10,000 waiting polls, with no call left, a person’s quote is among the next three calls', async () => {
  // The token is asked for before anybody counts.
  await house.send('GET', '/auth/me', { as: 'demo' });
  await poll();
  house.startWorker();
  await until('the window is full', async () => ((await calls()).length >= 25 ? true : undefined));
  // The last of those that wait anyway, and two that do not.
  const turns = [await turnOf('ORCL'), await turnOf('IBM'), await turnOf('KO', { as: 'demo' })];
  const waiting = (await house.ctx.jobs.queues.get(finnhub.name)?.getJobCountByTypes('prioritized')) ?? 0;
  expect(waiting).toBeGreaterThan(9_000);
  for (const turn of turns) {
    expect(turn).toBeGreaterThanOrEqual(1);
    expect(turn).toBeLessThanOrEqual(3);
  }
});
