import { afterAll, beforeAll, expect, test } from 'vitest';
import { mostCallsBefore } from '../../src/jobs/lane-shares.ts';
import { finnhub, type Lane } from '../../src/jobs/queues.ts';
import { fetchQuote, quoteName } from '../support/api/market-kinds.ts';
import { type MarketHouse, openMarketHouse } from '../support/api/market-api.ts';
import { until } from '../support/processes/process.ts';

const env = { FINNHUB_PER_MINUTE: '20', FINNHUB_WINDOW_MS: '2000' };
const tenWindows = 200;

let house: MarketHouse;
beforeAll(async () => {
  house = await openMarketHouse(env);
});
afterAll(() => house.close());

const calls = async () =>
  (await house.sandbox.arrivals('finnhub')).map(({ path }) => new URL(path, 'http://x').searchParams.get('symbol'));

async function ask(symbol: string, lane: Lane, tenant: string): Promise<void> {
  await house.ctx.market.asks.admit(quoteName(symbol), lane, tenant);
  await house.ctx.jobs.enqueue(fetchQuote, { symbol }, { lane, tenant });
}

test('while one login keeps a hundred new symbols waiting, a stranger and a poll have their calls', async () => {
  let asked = 0;
  const keepAsking = async () => {
    const waiting = (await house.ctx.jobs.laneShares.get(finnhub.name)?.count())?.get('logged_in') ?? 0;
    for (let missing = 100 - waiting; missing > 0; missing -= 1) await ask(`NEW${(asked += 1)}`, 'logged_in', 'user:1');
  };
  await keepAsking();
  house.startWorker();
  await until('the window is full', async () => ((await calls()).length >= 20 ? true : undefined));
  await ask('COLD', 'anonymous_cold', 'address:a');
  await ask('POLLED', 'watchlist', 'platform');
  const before = (await calls()).length;
  const made = await until('both are called for, or ten windows are over', async () => {
    await keepAsking();
    for (const symbol of ['COLD', 'POLLED']) await house.ctx.market.asks.renew(quoteName(symbol));
    const all = await calls();
    const areOver = all.length - before > tenWindows || (all.includes('COLD') && all.includes('POLLED'));
    return areOver ? all : undefined;
  });
  // Those that were under way when it was their turn have begun before.
  const most = mostCallsBefore('anonymous_cold', 0) + 2 * finnhub.concurrency;
  expect(made).toEqual(expect.arrayContaining(['COLD', 'POLLED']));
  for (const symbol of ['COLD', 'POLLED']) expect(made.indexOf(symbol) - before).toBeLessThanOrEqual(most);
});
