import { afterAll, beforeAll, expect, it } from 'vitest';
import { TickMinute, TickSecond, TickSpan } from '../../../src/entities/ticks.entity.ts';
import { pruneMarket } from '../../../src/jobs/market/prune-market.job.ts';
import { barsOf } from '../../../src/market/bars.ts';
import { openGathering } from '../../../src/market/ticks/gather.ts';
import { completenessOf, mostHoles } from '../../../src/market/ticks/completeness.ts';
import { addTicks, stretchSpans } from '../../../src/market/ticks/store-ticks.ts';
import { performJob } from '../../support/api/perform-job.ts';
import { type Observation, recompute, replay } from '../../support/api/replay.ts';
import { openTestApi, type TestApi } from '../../support/api/test-api.ts';
import { seeded, shuffled } from '../../support/seeded.ts';

let api: TestApi;
beforeAll(async () => {
  api = await openTestApi();
});
afterAll(() => api.close());

const em = () => api.ctx.orm.em.fork();
const beganMs = Date.UTC(2026, 10, 23, 15);

it('bars of trades in any order, written in parts, beside prices that were asked for, equal a recomputation', async () => {
  const random = seeded(21);
  const all: Observation[] = Array.from({ length: 3_000 }, (_, index) => ({
    at: beganMs + index * 700 + Math.floor(random() * 700),
    price: 100 + Math.floor(random() * 1_000) / 100,
  }));
  const told = all.filter((_, index) => index % 10 !== 0);
  const gathering = openGathering();
  const frames = Map.groupBy(shuffled(told, random), (_, index) => Math.floor(index / 7));
  let written = 0;
  for (const [number, frame] of frames) {
    const trades = frame.map(({ at, price }) => ({ symbol: 'MIXED', price, volume: 1, atMs: at }));
    expect(gathering.add(trades, `frame ${number}`)).toBe(true);
    // The same frame again is the same trades again.
    expect(gathering.add(trades, `frame ${number}`)).toBe(false);
    if (number % 50 !== 49 && number !== frames.size - 1) continue;
    const taken = gathering.take();
    await api.ctx.transaction(async (tx) => {
      await addTicks(tx, 1, taken[1]);
      await addTicks(tx, 60, taken[60]);
    });
    written += 1;
  }
  expect(written).toBeGreaterThan(5);
  await replay(
    em(),
    'MIXED',
    all.filter((_, index) => index % 10 === 0),
  );
  const span = { from: new Date(beganMs), to: new Date(beganMs + 3_600_000) };
  for (const [interval, seconds] of [
    ['1m', 60],
    ['5m', 300],
    ['1h', 3_600],
  ] as const)
    expect(await barsOf(em(), 'MIXED', interval, span), interval).toEqual(recompute(all, seconds * 1_000));
  const rows = await em().find(TickSecond, { symbol: 'MIXED' });
  expect(rows.reduce((sum, { trades }) => sum + trades, 0)).toBe(told.length);
  expect(rows.reduce((sum, { volume }) => sum + volume, 0)).toBe(told.length);
});

it('what is covered, the holes with what was asked for in them, and what is too young for either, fill the span', async () => {
  const [symbol, at] = ['HOLES', (seconds: number) => beganMs + seconds * 1_000];
  const span = (from: number, to: number) => ({ symbol, beganAtMs: at(from), endedAtMs: at(to) });
  await api.ctx.transaction(async (tx) => {
    await stretchSpans(tx, 1, [span(0, 10)]);
    // It has come further; a successor begins before its end; then there is a hole.
    await stretchSpans(tx, 1, [span(0, 20)]);
    await stretchSpans(tx, 2, [span(15, 30), span(40.5, 50)]);
  });
  await replay(em(), symbol, [
    { at: at(35), price: 1 },
    { at: at(45), price: 2 },
  ]);
  const read = (from: number, to: number, now: number) =>
    completenessOf(em(), symbol, { from: new Date(at(from)), to: new Date(at(to)) }, new Date(at(now)));
  expect(await read(-5, 60, 60)).toEqual({
    coveredMs: 39_500,
    coveredUntilMs: at(50),
    holes: [
      { fromMs: at(-5), toMs: at(0), observed: 0 },
      { fromMs: at(30), toMs: at(40.5), observed: 1 },
    ],
  });
  // Nothing more came: what was too young to tell is a hole by now.
  expect((await read(45, 300, 290))?.holes).toEqual([{ fromMs: at(50), toMs: at(290), observed: 0 }]);
  expect(await read(5, 25, 60)).toEqual({ coveredMs: 20_000, coveredUntilMs: at(25), holes: [] });
  expect((await read(60, 70, 1_000))?.holes).toEqual([{ fromMs: at(60), toMs: at(70), observed: 0 }]);
});

it('is answered to everybody; what has too many holes, or makes no sense, is refused', async () => {
  const ask = (query: string) => api.send('GET', `/market/completeness?${query}`);
  const day = 'from=2026-11-23&to=2026-11-23';
  const answer = await ask(`symbol=holes&${day}`);
  expect(answer.status).toBe(200);
  expect(await answer.json()).toMatchObject({ symbol: 'HOLES', is_live: false, covered_seconds: 39.5 });
  expect(await (await ask('symbol=NONE')).json()).toMatchObject({ covered_seconds: 0, covered_until: null });
  for (const query of [
    '',
    'symbol=*',
    'symbol=AAPL&from=never',
    'symbol=AAPL&from=2026-11-24&to=2026-11-23',
    'symbol=A&x=1',
  ])
    expect((await ask(query)).status, query).toBe(422);
  const spans = Array.from({ length: mostHoles }, (_, index) => ({
    symbol: 'MANY',
    beganAtMs: beganMs + index * 2_000,
    endedAtMs: beganMs + index * 2_000 + 1_000,
  }));
  await api.ctx.transaction((tx) => stretchSpans(tx, 1, spans));
  expect((await ask(`symbol=MANY&${day}`)).status).toBe(422);
});

it('seconds go after two days, minutes and spans after 400', async () => {
  const nowMs = Date.UTC(2027, 5, 1);
  const dayMs = 86_400_000;
  const bar = { symbol: 'OLD', open: 1, high: 1, low: 1, close: 1, trades: 1, volume: 1, firstMs: 0, lastMs: 0 };
  const barsAt = (...ages: number[]) => ages.map((days) => ({ ...bar, began: (nowMs - days * dayMs) / 1_000 }));
  await api.ctx.transaction(async (tx) => {
    await addTicks(tx, 1, barsAt(1.9, 2.1, 3));
    await addTicks(tx, 60, barsAt(2.1, 399, 401));
    const spans = [399, 401].map((days) => nowMs - days * dayMs);
    await stretchSpans(
      tx,
      1,
      spans.map((at) => ({ symbol: 'OLD', beganAtMs: at, endedAtMs: at + 1_000 })),
    );
  });
  await performJob(pruneMarket, {}, { ...api.ctx, now: () => new Date(nowMs) });
  const left = async (table: typeof TickSecond | typeof TickMinute) =>
    (await em().find(table, { symbol: 'OLD' }))
      .map(({ began }) => (nowMs / 1_000 - began) / 86_400)
      .toSorted((one, other) => one - other);
  expect(await left(TickSecond)).toEqual([1.9]);
  expect(await left(TickMinute)).toEqual([2.1, 399]);
  expect(await em().count(TickSpan, { symbol: 'OLD' })).toBe(1);
});
