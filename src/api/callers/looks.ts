import { setTimeout as sleep } from 'node:timers/promises';
import type { LiveTicks, Tick } from '../../market/ticks/live.ts';

/** One follower's ticks: of each symbol the newest that it has not been given. */
export type TickFollower = Readonly<{
  /** Resolves when there are some to take, and the last were taken a quarter of a second ago. */
  arrival(): Promise<'ticks'>;
  take(): readonly Tick[];
}>;

/** Somebody looks at some symbols, with or without their ticks. */
export type Look = Readonly<{ ticks: TickFollower | undefined; close(): void }>;

/** Looks of any number of followers in this process; nothing is asked of Redis while there are none. */
export type Looks = Readonly<{ open(symbols: readonly string[], options: Readonly<{ hasTicks: boolean }>): Look }>;

// Four times a second at the most, whatever timers do.
const readEveryMs = 250;
const leastApartMs = 260;
const noteEveryMs = 5_000;

type Own = {
  symbols: ReadonlySet<string>;
  hasTicks: boolean;
  /** What it has been given last of each symbol: who comes later is given the newest as well. */
  told: Map<string, string>;
  waiting: Map<string, Tick>;
  wake(): void;
};

/** Opens it: what is looked at is told to whoever is connected to the provider, and followed then; ticks are read for all at once. */
export function openLooks(live: LiveTicks): Looks {
  const all = new Set<Own>();
  let reading: NodeJS.Timeout | undefined;
  let isBusy = false;
  let notedAtMs = Number.NEGATIVE_INFINITY;
  const symbolsOf = (some: readonly Own[]) => [...new Set(some.flatMap((own) => [...own.symbols]))];

  const look = async () => {
    if (performance.now() - notedAtMs >= noteEveryMs) {
      notedAtMs = performance.now();
      await live.noteLooking(symbolsOf([...all]));
    }
    for (const tick of await live.read(symbolsOf([...all].filter((own) => own.hasTicks)))) {
      const text = `${tick.t} ${tick.p} ${tick.v}`;
      for (const own of all) {
        if (!own.hasTicks || !own.symbols.has(tick.symbol) || own.told.get(tick.symbol) === text) continue;
        own.told.set(tick.symbol, text);
        own.waiting.set(tick.symbol, tick);
        own.wake();
      }
    }
  };
  const lookOnce = () => {
    // A Redis that is slow is not asked again meanwhile; without Redis there are no ticks, and the stream goes on.
    if (isBusy) return;
    isBusy = true;
    void look()
      .catch(() => {})
      .finally(() => (isBusy = false));
  };
  return {
    open(symbols, { hasTicks }) {
      const own: Own = { symbols: new Set(symbols), hasTicks, told: new Map(), waiting: new Map(), wake: () => {} };
      all.add(own);
      // What is new is told at once.
      notedAtMs = Number.NEGATIVE_INFINITY;
      reading ??= setInterval(lookOnce, readEveryMs);
      return {
        ticks: hasTicks ? followerOf(own) : undefined,
        close() {
          all.delete(own);
          own.wake();
          if (all.size > 0) return;
          clearInterval(reading);
          reading = undefined;
        },
      };
    },
  };
}

function followerOf(own: Own): TickFollower {
  let takenAtMs = Number.NEGATIVE_INFINITY;
  return {
    async arrival() {
      if (own.waiting.size === 0) await new Promise<void>((resolve) => (own.wake = resolve));
      const restMs = takenAtMs + leastApartMs - performance.now();
      if (restMs > 0) await sleep(restMs);
      return 'ticks';
    },
    take() {
      takenAtMs = performance.now();
      const taken = [...own.waiting.values()];
      own.waiting.clear();
      return taken;
    },
  };
}
