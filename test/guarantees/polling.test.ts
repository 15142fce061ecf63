import { Queue } from 'bullmq';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { priceTable } from '../../src/market/price.ts';
import { slotBegan } from '../../src/market/polling.ts';
import { observedPrice } from '../support/api/observed-price.ts';
import { type Platform, startPlatform } from '../support/processes/platform.ts';
import { type TestProcess, until } from '../support/processes/process.ts';
import { reportFault } from '../support/proof/report-fault.ts';

const symbols = ['AAPL', 'MSFT', 'NVDA', 'BINANCE:BTCUSDT'];
/** Polled once an hour: within this test, once. */
const slow = ['TSLA', 'META', 'AMZN', 'NFLX', 'BINANCE:ETHUSDT'];
const everySecondsOf = (symbol: string) => (slow.includes(symbol) ? 3_600 : 1);
// From the claim of a slot to the arrival of its call: measured by `npm run chaos`, where nothing else takes the machine's time.
const lagMs = Number(process.env['POLL_LAG_MS'] ?? 2_000);
let platform: Platform;
let upkeep: Queue;

beforeAll(async () => {
  platform = await startPlatform({
    workers: 0,
    env: {
      WATCHLIST: symbols.join(),
      FINNHUB_PER_MINUTE: '3000',
      FINNHUB_PER_SECOND: '1000',
      QUOTE_TTL_SECONDS: '1',
      CRYPTO_TTL_SECONDS: '1',
    },
  });
  // What has had a price is listed: nobody has to ask for one to find that out, and every call is a poll.
  for (const symbol of [...slow, 'IBM'])
    await platform.orm.em.fork().insert(priceTable(symbol), observedPrice(symbol, 0));
  const { host, port, db } = platform.redis.options;
  upkeep = new Queue('upkeep', { connection: { host, port, db } });
});
afterAll(async () => {
  await upkeep.close();
  await platform.stop();
});

async function put(symbol: string, everySeconds: number): Promise<void> {
  const answer = await platform.send('PUT', `/market/watchlist/${symbol}`, { every_seconds: everySeconds }, 'admin');
  expect(answer.status).toBe(201);
}

/** When each call for a symbol's price arrived, by symbol. */
async function pollsSince(sinceMs = 0): Promise<ReadonlyMap<string, readonly number[]>> {
  const calls = (await platform.sandbox.arrivals('finnhub')).filter(
    ({ path, at_ms }) => path.startsWith('/api/v1/quote?') && at_ms >= sinceMs,
  );
  const perSymbol = Map.groupBy(calls, ({ path }) => new URL(path, 'http://sandbox').searchParams.get('symbol') ?? '');
  return new Map([...perSymbol].map(([symbol, some]) => [symbol, some.map(({ at_ms }) => at_ms)]));
}

/** Calls for which no slot is left: each has one of its own, claimed at most `lagMs` before it arrived. */
function crowded(symbol: string, arrivals: readonly number[]): number[] {
  const paced = { symbol, everySeconds: everySecondsOf(symbol) };
  let lastMs = -Infinity;
  return arrivals
    .toSorted((a, b) => a - b)
    .filter((atMs) => {
      const nextMs = Math.max(slotBegan(paced, atMs - lagMs), lastMs + paced.everySeconds * 1_000);
      const hasSlot = nextMs <= slotBegan(paced, atMs);
      if (hasSlot) lastMs = nextMs;
      return !hasSlot;
    });
}

const schedules = async () =>
  (await upkeep.getJobSchedulers()).map(({ key }) => key).filter((key) => key.startsWith('poll-symbol'));
const planned = [...symbols, ...slow].map((symbol) => `poll-symbol+${symbol.replace(':', '+')}`).toSorted();

// Well before schedules are written again anyway, which is once a minute.
const repairedMs = 40_000;

/** Every symbol is polled twice from now on, and once a slot at the most all along. */
async function expectPolling(watched: readonly string[]): Promise<void> {
  const since = Date.now();
  await until(
    'all are polled',
    async () => {
      const polls = await pollsSince(since);
      return watched.every((symbol) => (polls.get(symbol)?.length ?? 0) >= 2) ? true : undefined;
    },
    repairedMs,
  );
  for (const [symbol, arrivals] of await pollsSince()) expect(crowded(symbol, arrivals), symbol).toEqual([]);
}

// In `npm run chaos` five workers, and two kills of each while it starts.
const pauses = process.env['RESTLESS_WORKERS'] ? [0, 300] : [150];
const seats = Array.from({ length: Number(process.env['RESTLESS_WORKERS'] ?? 2) }, (_, seat) => seat);

test(`${seats.length} workers that are killed and start again poll each symbol once a slot at the most, and lose no schedule`, async () => {
  const first = await Promise.all(seats.map(() => platform.startWorker()));
  await expectPolling(symbols);
  // Each has its only call of the hour under way when all processes die.
  await platform.sandbox.fault({ target: 'finnhub', kind: 'slow', ms: 3_000 });
  for (const symbol of slow) await put(symbol, everySecondsOf(symbol));
  await until('all have been called for', async () => {
    const polls = await pollsSince();
    return slow.every((symbol) => polls.has(symbol)) ? true : undefined;
  });
  await Promise.all(first.map((worker) => worker.signal('SIGKILL')));
  await platform.sandbox.clearFaults();

  const restless = async (seat: number): Promise<TestProcess> => {
    let worker = await platform.startWorker();
    // Mostly while it is still making the schedules, and each seat at another moment.
    for (const pauseMs of pauses) {
      const dueMs = Date.now() + pauseMs + seat * 10;
      await until('it is time to be killed', () => (Date.now() >= dueMs ? true : undefined));
      await worker.signal('SIGKILL');
      worker = await platform.startWorker();
    }
    return worker;
  };
  const last = await Promise.all(seats.map(restless));
  for (const worker of last.slice(1)) await worker.signal('SIGKILL');
  expect(platform.workers).toHaveLength((2 + pauses.length) * seats.length);
  const title = `${seats.length} workers that schedule polls are killed and start again`;
  reportFault({
    fault: 'F30',
    title,
    times: (1 + pauses.length) * seats.length,
    seed: 'no chance',
    how: 'test/guarantees/polling.test.ts',
  });
  // Jobs of the dead come back after about six seconds.
  await expectPolling(symbols);
  expect((await schedules()).toSorted()).toEqual(planned);
});

test('an emptied Redis gets its schedules back, and no slot has two polls for it', async () => {
  await platform.redis.flushdb();
  await expectPolling(symbols);
  expect((await schedules()).toSorted()).toEqual(planned);
});

test('what administrators take off the watchlist is polled no more, and what they put on it is', async () => {
  await put('IBM', 1);
  expect((await platform.send('DELETE', '/market/watchlist/AAPL', undefined, 'admin')).status).toBe(204);
  const left = [...symbols.slice(1), 'IBM'];
  const keys = await until('AAPL has no schedule', async () => {
    const all = await schedules();
    return all.includes('poll-symbol+AAPL') || !all.includes('poll-symbol+IBM') ? undefined : all;
  });
  expect(keys).toHaveLength(left.length + slow.length);
  // What had begun by then may still call.
  const callsOfApple = async () => (await pollsSince()).get('AAPL')?.length;
  const since = await until('AAPL rests while the others are polled', async () => {
    const before = await callsOfApple();
    await expectPolling(left);
    return (await callsOfApple()) === before ? Date.now() : undefined;
  });
  await expectPolling(left);
  expect((await pollsSince(since)).has('AAPL')).toBe(false);
  const answer = await platform.send('GET', '/market/watchlist', undefined, 'admin');
  const { data } = z
    .object({ data: z.array(z.object({ symbol: z.string(), last_polled_at: z.string() })) })
    .parse(await answer.json());
  expect(data.map(({ symbol }) => symbol)).toEqual([...left, ...slow].toSorted());
  for (const { symbol, last_polled_at } of data)
    if (left.includes(symbol)) expect(Date.parse(last_polled_at)).toBeGreaterThan(since - 5_000);
});
