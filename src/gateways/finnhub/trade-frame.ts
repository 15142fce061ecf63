import { z } from 'zod';
import type { LeaveOut } from '../http/lenient.ts';

/** Something was sold at a price. `atMs` is when, by the provider's clock, UNIX milliseconds. */
export type Trade = Readonly<{ symbol: string; price: number; volume: number; atMs: number }>;

/** What a frame says: trades, or that no more symbols are taken; of all others, nothing. */
export type Frame = Readonly<{ trades: readonly Trade[]; isTooMany: boolean }>;

// As large as the columns hold, and larger than any.
const mostPrice = 1e11;
const mostVolume = 1e15;
// What is older was not traded just now, and clocks differ.
const oldestMs = 86_400_000;
const aheadMs = 60_000;

const Row = z.object({
  s: z.string().min(1).max(32),
  p: z.number().positive().max(mostPrice),
  t: z.int().positive(),
  // Absent or nought where there is a price and no sale.
  v: z.number().nonnegative().max(mostVolume).nullable().default(0),
});
const Said = z.object({ type: z.string(), msg: z.string().optional(), data: z.unknown().optional() });

const nothing: Frame = { trades: [], isTooMany: false };

/** Reads a frame. What does not fit is left out, trade by trade, and told. */
export function readFrame(text: string, nowMs: number, tell: LeaveOut): Frame {
  const said = Said.safeParse(parse(text));
  if (!said.success) {
    tell('frame', 'is no JSON of a known shape');
    return nothing;
  }
  const { type, msg, data } = said.data;
  if (type === 'ping') return nothing;
  if (type === 'error') {
    const isTooMany = msg?.includes('too many symbols') === true;
    if (!isTooMany) tell('error', 'is not one that is known');
    return { ...nothing, isTooMany };
  }
  if (type !== 'trade') {
    tell('type', 'is none that is known');
    return nothing;
  }
  if (!Array.isArray(data)) {
    tell('data', 'is no list');
    return nothing;
  }
  return { ...nothing, trades: data.flatMap((row) => tradeOf(row, nowMs, tell)) };
}

function tradeOf(row: unknown, nowMs: number, tell: LeaveOut): Trade[] {
  const read = Row.safeParse(row);
  if (!read.success) {
    tell('trade', read.error.issues[0]?.path.join('.') ?? 'does not fit');
    return [];
  }
  const { s: symbol, p: price, v, t: atMs } = read.data;
  if (atMs > nowMs + aheadMs || atMs < nowMs - oldestMs) {
    tell('trade', 'is of another time');
    return [];
  }
  return [{ symbol, price, volume: v ?? 0, atMs }];
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
