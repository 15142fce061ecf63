import { settings } from '../api/settings.ts';

const name = 'orderflow-symbols';
const most = 20;
const watched: ReadonlySet<string> = new Set(settings.watchlist);

/** The symbols on this page, in their order: what is watched for everybody, what a visitor has added here, what else moves. */
export type Symbols = Readonly<{ added: readonly string[]; moving: readonly string[]; removed: ReadonlySet<string> }>;

/** What this browser remembers. */
export function readSymbols(): Symbols {
  const added = (localStorage.getItem(name) ?? '').split(',').filter(Boolean);
  return { added: added.filter(isRemovable), moving: [], removed: new Set() };
}

/** All of them, each once. */
export function listOf({ added, moving }: Symbols): readonly string[] {
  return [...new Set([...settings.watchlist, ...added, ...moving])];
}

/** Whether a visitor can take it off: what is watched for everybody is the administrators' affair. */
export const isRemovable = (symbol: string): boolean => !watched.has(symbol);

/** With one that somebody wants to see, from now on and after a reload. */
export function withAdded({ added, moving, removed }: Symbols, symbol: string): Symbols {
  if (watched.has(symbol)) return { added, moving, removed };
  return remember({ added: [...new Set([...added, symbol])].slice(-most), moving, removed: without(removed, symbol) });
}

/** With one whose price has moved, as long as there is room, and nobody has taken it off. */
export function withMoving(symbols: Symbols, symbol: string): Symbols {
  const list = listOf(symbols);
  if (list.length >= most || list.includes(symbol) || symbols.removed.has(symbol)) return symbols;
  return { ...symbols, moving: [...symbols.moving, symbol] };
}

/** Without one: it stays away, however it moves. */
export function withRemoved({ added, moving, removed }: Symbols, symbol: string): Symbols {
  const others = (all: readonly string[]) => all.filter((some) => some !== symbol);
  return remember({ added: others(added), moving: others(moving), removed: new Set([...removed, symbol]) });
}

function remember(symbols: Symbols): Symbols {
  localStorage.setItem(name, symbols.added.join());
  return symbols;
}

function without(set: ReadonlySet<string>, symbol: string): ReadonlySet<string> {
  return new Set([...set].filter((some) => some !== symbol));
}
