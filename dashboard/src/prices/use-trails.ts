import { useEffect, useState } from 'preact/hooks';
import { ask } from '../api/ask-api.ts';
import { toldNow } from '../api/server-clock.ts';
import type { Quote } from './quote.ts';

const most = 60;

/** The last prices of each symbol, oldest first: the bars of the last hours, and behind them every new price. */
export function useTrails(
  symbols: readonly string[],
  quotes: ReadonlyMap<string, Quote>,
): ReadonlyMap<string, readonly number[]> {
  const [past, setPast] = useState<ReadonlyMap<string, readonly number[]>>(new Map());
  const [recent, setRecent] = useState<ReadonlyMap<string, readonly Quote[]>>(new Map());
  const names = symbols.join();
  useEffect(() => {
    for (const symbol of names.split(',').filter(Boolean))
      readPast(symbol).then(
        (values) => setPast((old) => (old.has(symbol) ? old : new Map(old).set(symbol, values))),
        () => {},
      );
  }, [names]);
  useEffect(() => setRecent((old) => withNewest(old, quotes)), [quotes]);
  return new Map(
    symbols.map((symbol) => {
      const values = (recent.get(symbol) ?? []).map(({ c }) => c);
      return [symbol, [...(past.get(symbol) ?? []), ...values].slice(-most)];
    }),
  );
}

async function readPast(symbol: string): Promise<number[]> {
  const from = new Date((await toldNow()) - 3 * 3_600_000).toISOString();
  const path = `/market/bars?symbol=${encodeURIComponent(symbol)}&interval=5m&from=${from}`;
  const { data } = await ask<{ data: { c: number }[] }>('GET', path);
  return data.map(({ c }) => c);
}

function withNewest(old: ReadonlyMap<string, readonly Quote[]>, quotes: ReadonlyMap<string, Quote>) {
  const map = new Map(old);
  for (const quote of quotes.values()) {
    const had = map.get(quote.symbol) ?? [];
    if (had.at(-1)?.as_of !== quote.as_of) map.set(quote.symbol, [...had, quote].slice(-most));
  }
  return map;
}
