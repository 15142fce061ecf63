import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type BarInterval, barSeconds, barsOf } from '../../src/market/bars.ts';
import { openTestApi, type TestApi } from '../support/api/test-api.ts';
import { type Observation, recompute, replay } from '../support/api/replay.ts';

const folder = join(import.meta.dirname, '..', '..', '..', 'shared', 'data', 'prices');
const isThere = existsSync(folder);
const hourMs = 3_600_000;
let api: TestApi;
let series: ReadonlyMap<string, readonly Observation[]>;

beforeAll(async () => {
  if (!isThere) return;
  api = await openTestApi();
  series = readSeries();
  await api.ctx.orm.em.fork().transactional(async (tx) => {
    for (const [symbol, observations] of series) await replay(tx, symbol, observations);
  });
}, 60_000);
afterAll(() => api?.close());

it('bars of every length equal a straightforward recomputation of 100,000 recorded prices', async () => {
  if (!isThere) return void process.stdout.write('bars of recorded prices: not run, there are none\n');
  const em = api.ctx.orm.em.fork();
  let [observed, compared] = [0, 0];
  for (const [symbol, observations] of series) {
    const span = { from: new Date(observations[0]?.at ?? 0), to: new Date(observations.at(-1)?.at ?? 0) };
    observed += observations.length;
    for (const interval of lengthsFor(symbol)) {
      const expected = recompute(observations, barSeconds[interval] * 1_000);
      expect(await barsOf(em, symbol, interval, span), `${symbol} ${interval}`).toEqual(expected);
      compared += expected.length;
    }
  }
  expect(observed).toBeGreaterThanOrEqual(100_000);
  expect(compared).toBeGreaterThan(100_000);
}, 60_000);

/** Bars shorter than the time between two prices are all alike. */
function lengthsFor(symbol: string): readonly BarInterval[] {
  if (symbol === 'BINANCE:XRPETH') return ['1m', '5m', '15m', '1h', '1d'];
  if (symbol === 'EURUSD') return ['15m', '1h', '1d'];
  return symbol.startsWith('EUR.') ? ['1d'] : ['1h', '1d'];
}

/** Trades as they were, periods as four prices spread over them, days as one. */
function readSeries(): ReadonlyMap<string, readonly Observation[]> {
  const found = new Map<string, Observation[]>();
  const note = (symbol: string, at: number, prices: readonly (string | undefined)[], stepMs = 0) => {
    const some = found.get(symbol) ?? [];
    found.set(symbol, some);
    // As many decimals as the column has.
    for (const [index, price] of prices.entries())
      if (Number(price) > 0) some.push({ at: at + index * stepMs, price: Number(Number(price).toFixed(8)) });
  };
  for (const [at = '', , , price] of linesOf('XRPETH-trades-ms')) note('BINANCE:XRPETH', Number(at), [price]);
  for (const [time = '', ...prices] of linesOf('EURUSD-hourly-2017-2018'))
    note('EURUSD', Date.parse(`${time}Z`), prices.slice(0, 4), hourMs / 4);
  for (const [day = '', ...prices] of linesOf('GOOG-daily-2004-2013'))
    note('GOOG', Date.parse(day), prices.slice(0, 4), 2 * hourMs);
  for (const line of linesOf('multi-daily-2015-2017'))
    note(line.at(-1) ?? '', Date.parse(line[1] ?? ''), line.slice(2, 6), 2 * hourMs);
  const [currencies = [], ...days] = linesOf('ECB-eurofxref-2019-2026', 0);
  for (const [day = '', ...rates] of days)
    for (const [index, rate] of rates.entries()) note(`EUR.${currencies[index + 1]}`, Date.parse(day), [rate]);
  return new Map([...found].map(([symbol, some]) => [symbol, some.toSorted((a, b) => a.at - b.at)]));
}

function linesOf(name: string, headers = 1): string[][] {
  const lines = readFileSync(join(folder, `${name}.csv`), 'utf8')
    .trim()
    .split('\n');
  return lines.slice(headers).map((line) => line.split(','));
}
