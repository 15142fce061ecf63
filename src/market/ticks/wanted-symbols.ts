import type { Watchlist } from '../watchlist.ts';

/** Symbols that somebody wants ticks of, the most wanted first. */
export type Wanting = () => Promise<readonly string[]>;

/** What all of them want together: what the first source names comes first, where there is not room for all. */
export function wantedBy(sources: readonly Wanting[]): Wanting {
  // A source that cannot be asked now wants what it wanted before.
  const last = sources.map((): readonly string[] => []);
  return async () => {
    const all = await Promise.all(
      sources.map(async (source, index) => {
        const named = await source().catch(() => last[index] ?? []);
        last[index] = named;
        return named;
      }),
    );
    return [...new Set(all.flat())];
  };
}

/** What is polled is followed, too; it is read when it has changed. */
export function watchedSymbols(watchlist: Pick<Watchlist, 'all' | 'version'>): Wanting {
  let known: Readonly<{ version: string; symbols: readonly string[] }> | undefined;
  return async () => {
    const version = await watchlist.version();
    if (version === undefined || known?.version !== version)
      known = { version: version ?? '', symbols: (await watchlist.all()).map(({ symbol }) => symbol) };
    return known.symbols;
  };
}
