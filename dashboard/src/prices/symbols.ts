import { type Dispatch, type StateUpdater, useEffect, useState } from 'preact/hooks';
import { settings } from '../api/settings.ts';
import { onKept } from '../parts/use-kept.ts';

const [name, orderName] = ['orderflow-symbols', 'orderflow-order'];
const most = 20;
const watched: ReadonlySet<string> = new Set(settings.watchlist);

/**
 * The symbols on this page: what is watched for everybody, what a visitor has added here, what else moves; and the order
 * that a visitor has given them.
 */
export type Symbols = Readonly<{
  added: readonly string[];
  moving: readonly string[];
  removed: ReadonlySet<string>;
  order: readonly string[];
}>;

/** What this browser remembers. */
export function readSymbols(): Symbols {
  return { added: read(name).filter(isRemovable), moving: [], removed: new Set(), order: read(orderName) };
}

/** What this browser remembers and what moves, kept with what other tabs change. */
export function useSymbols(): readonly [Symbols, Dispatch<StateUpdater<Symbols>>] {
  const [symbols, setSymbols] = useState(readSymbols);
  useEffect(() => onSymbols(() => setSymbols(withRemembered)), []);
  return [symbols, setSymbols];
}

/** Calls back when another tab has changed what is remembered, until the returned function is called. */
export function onSymbols(listener: () => void): () => void {
  const stops = [name, orderName].map((item) => onKept(item, listener));
  return () => stops.forEach((stop) => stop());
}

/** With what this browser remembers by now: what another tab has added, moved, or taken off, which then stays away here too. */
function withRemembered(symbols: Symbols): Symbols {
  const { added, order } = readSymbols();
  const known = new Set(added);
  const isTakenOff = (symbol: string) => !known.has(symbol);
  const removed = new Set([...symbols.removed, ...symbols.added].filter(isTakenOff));
  return { added, order, moving: symbols.moving.filter((symbol) => !removed.has(symbol)), removed };
}

/** All of them, each once; what has no place in the order comes last. */
export function listOf({ added, moving, order }: Symbols): readonly string[] {
  const places = new Map(order.map((symbol, place) => [symbol, place]));
  const placeOf = (symbol: string) => places.get(symbol) ?? order.length;
  return [...new Set([...settings.watchlist, ...added, ...moving])].toSorted((a, b) => placeOf(a) - placeOf(b));
}

/** With one in the place of another, which gives way. */
export function withMoved(symbols: Symbols, symbol: string, place: string): Symbols {
  const now = withRemembered(symbols);
  const list = listOf(now);
  if (!list.includes(symbol) || !list.includes(place)) return now;
  const order = list.toSpliced(list.indexOf(symbol), 1).toSpliced(list.indexOf(place), 0, symbol);
  localStorage.setItem(orderName, order.join());
  return { ...now, order };
}

/** Whether a visitor can take it off: what is watched for everybody is the administrators' affair. */
export const isRemovable = (symbol: string): boolean => !watched.has(symbol);

/** With one that somebody wants to see, from now on and after a reload. */
export function withAdded(symbols: Symbols, symbol: string): Symbols {
  if (watched.has(symbol)) return symbols;
  const now = withRemembered(symbols);
  const added = [...new Set([...now.added, symbol])].slice(-most);
  return remember({ ...now, added, removed: without(now.removed, symbol) });
}

/** With one whose price has moved, as long as there is room, and nobody has taken it off. */
export function withMoving(symbols: Symbols, symbol: string): Symbols {
  const list = listOf(symbols);
  if (list.length >= most || list.includes(symbol) || symbols.removed.has(symbol)) return symbols;
  return { ...symbols, moving: [...symbols.moving, symbol] };
}

/** Without one: it stays away, however it moves. */
export function withRemoved(symbols: Symbols, symbol: string): Symbols {
  const others = (all: readonly string[]) => all.filter((some) => some !== symbol);
  const { added, moving, removed, order } = withRemembered(symbols);
  return remember({
    order,
    added: others(added),
    moving: others(moving),
    removed: new Set([...removed, symbol]),
  });
}

function read(item: string): readonly string[] {
  return (localStorage.getItem(item) ?? '').split(',').filter(Boolean);
}

function remember(symbols: Symbols): Symbols {
  localStorage.setItem(name, symbols.added.join());
  return symbols;
}

function without(set: ReadonlySet<string>, symbol: string): ReadonlySet<string> {
  return new Set([...set].filter((some) => some !== symbol));
}
