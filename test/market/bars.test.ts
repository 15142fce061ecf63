import { afterAll, beforeAll, expect, it } from 'vitest';
import { barQuery, type BarInterval, barSeconds, barsOf } from '../../src/market/bars.ts';
import { openTestApi, type TestApi } from '../support/api/test-api.ts';
import { type Observation, recompute, replay } from '../support/api/replay.ts';

let api: TestApi;
let observations: readonly Observation[];
beforeAll(async () => {
  api = await openTestApi();
  observations = randomWalk(100_000);
  await replay(em(), 'WALK', observations);
  // Neighbours in the index that must not be mixed in.
  await replay(em(), 'WALKS', observations.slice(0, 100));
});
afterAll(() => api.close());

const intervals: readonly BarInterval[] = ['1m', '5m', '15m', '1h', '1d'];
const em = () => api.ctx.orm.em.fork();

it.each(intervals)('bars of %s equal a straightforward recomputation of 100,000 observations', async (interval) => {
  const [from, to] = [observations[137]?.at ?? 0, observations[99_800]?.at ?? 0];
  const expected = recompute(
    observations.filter(({ at }) => at >= from && at <= to),
    barSeconds[interval] * 1_000,
  );
  expect(await barsOf(em(), 'WALK', interval, { from: new Date(from), to: new Date(to) })).toEqual(expected);
  expect(expected.reduce((sum, { n }) => sum + n, 0)).toBe(99_664);
});

it('are one statement that reads the rows of the span by the index, and no others', async () => {
  const from = observations[0]?.at ?? 0;
  const { sql, values } = barQuery(em(), 'WALK', '5m', { from: new Date(from), to: new Date(from + 3_600_000) });
  const plan = JSON.stringify(await em().execute<unknown[]>(`explain format=json ${sql}`, values));
  // The span, and the two ends of its bars; the servers write their plans in different words.
  const index = /(?:"key"|"index_name"): ?"(\w+)"/g;
  const keys = [...plan.replaceAll(/\\+n? *\\*"/g, '"').matchAll(index)].map(([, key]) => key);
  const ours = keys.filter((key) => key?.includes('stock_quotes') || key === 'PRIMARY');
  expect(ours).toEqual(Array(3).fill('stock_quotes_symbol_observed_at_index'));
});

/** A price that walks, from one to nine seconds between observations, now and then two at once, and some long gaps. */
function randomWalk(count: number): Observation[] {
  const next = seededRandom(20_261_122);
  const walk: Observation[] = [];
  let [at, cents] = [Date.UTC(2026, 0, 5, 9, 30), 24_550];
  for (let index = 0; index < count; index += 1) {
    const chance = next();
    at += chance < 0.01 ? 0 : chance > 0.999 ? Math.floor(next() * 900_000) : 1_000 + Math.floor(next() * 8_000);
    cents = Math.max(100, cents + Math.floor(next() * 41) - 20);
    walk.push({ at, price: cents / 100 });
  }
  return walk;
}

/** Marsaglia's xorshift: the same numbers in every run, from 0 up to 1. */
function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
