import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { type Platform, startPlatform } from '../support/processes/platform.ts';
import { until } from '../support/processes/process.ts';
import { expectTicksWhole, untilCovered } from '../support/load/ticks.ts';

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform({ hasTicks: true, env: { WATCHLIST: 'AAPL,BINANCE:BTCUSDT' } });
});
afterAll(() => platform.stop());

const Tick = z.strictObject({
  id: z.uuid(),
  type: z.literal('tick'),
  schema: z.literal(1),
  time: z.iso.datetime(),
  subject: z.string(),
  data: z.strictObject({ symbol: z.string(), p: z.number(), v: z.number(), t: z.int() }),
});

const Jobs = z.object({ data: z.array(z.object({ state: z.string() })) });
const jobsOf = async (symbol: string) =>
  Jobs.parse(await (await platform.send('GET', `/jobs?key=${symbol}`, undefined, 'admin')).json()).data;

/** Follows ticks until it is told to stop; what has come is in `texts`. */
async function follow(symbols: string) {
  const abort = new AbortController();
  const answer = await fetch(`${platform.url}/streams/market?types=tick&symbols=${symbols}`, { signal: abort.signal });
  let text = '';
  const reading = (async () => {
    for await (const part of answer.body ?? []) text += Buffer.from(part).toString();
  })().catch(() => {});
  const ticks = () =>
    [...text.matchAll(/^event: tick\ndata: (.*)\n\n/gm)].map(([, json]) => Tick.parse(JSON.parse(json ?? '')));
  return { ticks, text: () => text, stop: async () => (abort.abort(), reading) };
}

test('every trade is in bars, or its hole is published, and who looks at a symbol gets its newest trades', async () => {
  const { sandbox } = platform;
  await untilCovered(platform, 'AAPL', Date.now());
  // MSFT is followed because somebody looks at it, and so is what is no symbol.
  const beganMs = performance.now();
  const follower = await follow('AAPL,MSFT,NOSUCH');
  await until('NOSUCH is known to be none', async () =>
    (await jobsOf('NOSUCH')).some(({ state }) => state === 'completed') ? true : undefined,
  );
  for (const kind of ['socket_duplicate', 'socket_disorder', 'socket_odd'])
    await sandbox.fault({ target: 'finnhub', kind, rate: 0.3 });
  for (let cuts = 0; cuts < 2; cuts += 1) {
    await until('a connection is cut', async () => ((await sandbox.cutSockets()) > 0 ? true : undefined));
    await untilCovered(platform, 'AAPL', Date.now());
  }
  await sandbox.clearFaults();
  const ofMsft = () => follower.ticks().filter(({ subject }) => subject === 'MSFT');
  await until('ticks of MSFT', () => (ofMsft().length > 5 ? true : undefined));
  await follower.stop();
  const seconds = (performance.now() - beganMs) / 1_000;
  const trades = new Set((await sandbox.trades()).map(({ s, p, v, t }) => `${s} ${p} ${v} ${t}`));
  for (const symbol of ['AAPL', 'MSFT']) {
    const ticks = follower.ticks().filter(({ subject }) => subject === symbol);
    expect(ticks.length).toBeLessThanOrEqual(4 * (seconds + 1));
    const times = ticks.map(({ data: { t } }) => t);
    expect(times).toEqual(times.toSorted((one, other) => one - other));
    for (const { data } of ticks) expect(trades).toContain(`${symbol} ${data.p} ${data.v} ${data.t}`);
  }
  expect(follower.text()).not.toContain('id: undefined');
  await expectTicksWhole(platform, ['AAPL', 'BINANCE:BTCUSDT']);
  // Nobody polls or asks for MSFT: its price was fetched because its ticks began.
  const asked = (await sandbox.arrivals('finnhub')).map(({ path }) => path);
  expect(asked.filter((path) => path.includes('/quote?symbol=MSFT')).length).toBeGreaterThan(0);
  // Of a share nobody asks for a coin of that name, and of what is no symbol no connection asks again.
  expect(asked.filter((path) => path.includes('USDT') && !path.includes('BTCUSDT'))).toEqual([]);
  expect(await jobsOf('NOSUCH')).toHaveLength(1);
});
