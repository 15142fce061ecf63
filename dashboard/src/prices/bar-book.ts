import { type Bar, joinBars } from './bars.ts';

/** The bars of one chart: what was read of the past, and each price that came since the reading began. */
export type BarBook = Readonly<{
  inOrder(): readonly Bar[];
  at(t: number | undefined): Bar | undefined;
  /** The past is being read: what is added from now on may be missing in it. */
  begin(): void;
  /** Lays the past under what has been added meanwhile; all that was observed up to `toMs` is in it. */
  start(past: readonly Bar[], toMs: number): void;
  /** Adds a price of this moment, which came after all that is there. */
  add(bar: Bar, atMs: number): void;
}>;

/** Opens an empty one. Each observation is counted once, also one that is told again, or is in the past that was read. */
export function openBarBook(): BarBook {
  const bars = new Map<number, Bar>();
  let meanwhile: (readonly [Bar, number])[] | undefined = [];
  let countedToMs = 0;
  const put = (bar: Bar, atMs: number) => {
    const had = bars.get(bar.t);
    const counted = atMs > countedToMs ? bar : { ...bar, n: 0 };
    bars.set(bar.t, had ? joinBars(had, counted) : bar);
    countedToMs = Math.max(countedToMs, atMs);
  };
  return {
    inOrder: () => [...bars.values()].toSorted((a, b) => a.t - b.t),
    at: (t) => (t === undefined ? undefined : bars.get(t)),
    begin: () => void (meanwhile = []),
    start(past, toMs) {
      bars.clear();
      for (const bar of past) bars.set(bar.t, bar);
      countedToMs = toMs;
      for (const [bar, atMs] of meanwhile ?? []) put(bar, atMs);
      meanwhile = undefined;
    },
    add(bar, atMs) {
      meanwhile?.push([bar, atMs]);
      put(bar, atMs);
    },
  };
}
