import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { readFrame, type Trade } from '../../../src/gateways/finnhub/trade-frame.ts';

const Recorded = z.object({ serverSends: z.array(z.object({ frame: z.looseObject({ type: z.string() }) })) });
const file = new URL('../../recorded/finnhub/websocket-frames.json', import.meta.url);
const frames = Recorded.parse(JSON.parse(readFileSync(file, 'utf8'))).serverSends.map(({ frame }) => frame);
const Rows = z.array(z.looseObject({ s: z.string(), p: z.number(), t: z.int(), v: z.number() }));

const read = (text: string, nowMs: number) => {
  const told: string[] = [];
  return { ...readFrame(text, nowMs, (what, why) => told.push(`${what}: ${why}`)), told };
};

it('reads every recorded frame whole: several symbols, disorder, no conditions, the refusal of too many', () => {
  let trades = 0;
  for (const frame of frames) {
    const rows = frame.type === 'trade' ? Rows.parse(frame['data']) : [];
    const { told, ...said } = read(JSON.stringify(frame), Math.max(0, ...rows.map(({ t }) => t)));
    const expected = rows.map(({ s, p, t, v }): Trade => ({ symbol: s, price: p, atMs: t, volume: v }));
    expect(said).toEqual({ trades: expected, isTooMany: frame.type === 'error' });
    expect(told).toEqual([]);
    trades += expected.length;
  }
  expect(trades).toBe(11);
});

it('leaves out what is odd, trade by trade, and tells what', () => {
  const nowMs = 1_768_655_932_976;
  const good = { s: 'AAPL', p: 1.5, t: nowMs, v: null };
  const odd = [{ s: 'AAPL' }, null, 7, { ...good, p: 0 }, { ...good, p: 1e300 }, { ...good, t: 1.5 }];
  const late = { ...good, t: nowMs - 86_400_001 };
  const early = { ...good, t: nowMs + 60_001 };
  const { trades, told } = read(JSON.stringify({ type: 'trade', data: [...odd, late, good, early] }), nowMs);
  expect(trades).toEqual([{ symbol: 'AAPL', price: 1.5, volume: 0, atMs: nowMs }]);
  expect(told).toHaveLength(odd.length + 2);
  for (const text of [
    '',
    'no JSON',
    '[]',
    '7',
    'null',
    '{"type":"news"}',
    '{"type":"trade"}',
    '{"type":"trade","data":{}}',
  ])
    expect(read(text, nowMs)).toMatchObject({ trades: [], isTooMany: false, told: [expect.any(String)] });
  expect(read('{"type":"error","msg":"Something else"}', nowMs)).toMatchObject({ isTooMany: false });
});
