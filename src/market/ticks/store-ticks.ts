import type { EntityManager } from '@mikro-orm/mysql';
import { TickMinute, TickSecond, TickSpan } from '../../entities/ticks.entity.ts';
import { textOf } from '../../mysql/values.ts';
import type { Pruned } from '../market-store.ts';
import type { TickBar, TickLength } from './gather.ts';

/** A time of which all trades of a symbol are stored. */
export type CoveredSpan = Readonly<{ symbol: string; beganAtMs: number; endedAtMs: number }>;

const tables = { 1: TickSecond, 60: TickMinute } as const;

/**
 * Adds what has been gathered to what is stored. Trades come in any order, so that a bar that is there already is joined, never
 * replaced: adding the same twice would count it twice.
 */
export async function addTicks(tx: EntityManager, length: TickLength, bars: readonly TickBar[]): Promise<void> {
  if (bars.length === 0) return;
  const text = textOf(tx);
  const { tableName } = tx.getMetadata(tables[length]);
  const rows = bars.map((bar) => {
    const { symbol, began, open, high, low, close, trades, volume, firstMs, lastMs } = bar;
    return `(${[symbol, began, open, high, low, close, trades, volume, firstMs, lastMs].map(text).join(', ')})`;
  });
  // Assignments are carried out one after the other: what is compared is set last.
  await tx.execute(
    `insert into ${tableName} (symbol, began, open, high, low, close, trades, volume, first_ms, last_ms)
     values ${rows.join(', ')}
     on duplicate key update
       open = if(values(first_ms) < first_ms, values(open), open), close = if(values(last_ms) >= last_ms, values(close), close),
       high = greatest(high, values(high)), low = least(low, values(low)),
       trades = trades + values(trades), volume = volume + values(volume),
       first_ms = least(first_ms, values(first_ms)), last_ms = greatest(last_ms, values(last_ms))`,
    [],
    'run',
  );
}

/** Writes how far spans have come. */
export async function stretchSpans(tx: EntityManager, fence: number, spans: readonly CoveredSpan[]): Promise<void> {
  if (spans.length === 0) return;
  const text = textOf(tx);
  const { tableName } = tx.getMetadata(TickSpan);
  const rows = spans
    .toSorted((one, other) => (one.symbol < other.symbol ? -1 : 1))
    .map(({ symbol, beganAtMs, endedAtMs }) =>
      [symbol, new Date(beganAtMs), new Date(endedAtMs), fence].map(text).join(', '),
    );
  await tx.execute(
    `insert into ${tableName} (symbol, began_at, ended_at, fence) values ${rows.map((row) => `(${row})`).join(', ')}
     on duplicate key update ended_at = greatest(ended_at, values(ended_at))`,
    [],
    'run',
  );
}

const atSeconds = (moment: Date) => Math.floor(moment.getTime() / 1_000);

/** What goes when it is old, and when. */
export const prunedTicks: readonly Pruned[] = [
  {
    table: TickSecond.meta.tableName,
    name: 'symbol',
    moment: 'began',
    before: atSeconds,
    staysLast: false,
    keptDays: 2,
  },
  { table: TickMinute.meta.tableName, name: 'symbol', moment: 'began', before: atSeconds, staysLast: false },
  { table: TickSpan.meta.tableName, name: 'symbol', moment: 'began_at', before: (limit) => limit, staysLast: false },
];
