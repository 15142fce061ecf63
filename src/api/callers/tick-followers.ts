import { setTimeout as sleep } from 'node:timers/promises';
import type { LiveTicks, Tick } from '../../market/ticks/live.ts';

/** One follower's ticks: of each symbol the newest that it has not been given. */
export type TickFollower = Readonly<{
  /** Resolves when there are some to take, and the last were taken a quarter of a second ago. */
  arrival(): Promise<'ticks'>;
  take(): readonly Tick[];
}>;

/** What one follower has open: some symbols, with or without their ticks. */
export type TickSubscription = Readonly<{ ticks: TickFollower | undefined; close(): void }>;

/** What somebody follows: symbols that are to have ticks, all those whose ticks they are given if there are any, and if they want them. */
export type Followed = Readonly<{ symbols: readonly string[]; subjects: readonly string[]; hasTicks: boolean }>;

/** The followers of ticks in this process, however many; nothing is asked of Redis while there are none. */
export type TickFollowers = Readonly<{ open(followed: Followed): TickSubscription }>;

// Four times a second at the most, whatever timers do.
const readEveryMs = 250;
const leastApartMs = 260;
const noteEveryMs = 5_000;

type Own = {
  symbols: readonly string[];
  subjects: ReadonlySet<string>;
  hasTicks: boolean;
  /** What it has been given last of each symbol: who comes later is given the newest as well. */
  told: Map<string, string>;
  waiting: Map<string, Tick>;
  wake(): void;
};

/** Opens it: what is looked at is told to whoever is connected to the provider, and followed then; ticks are read for all at once. */
export function openTickFollowers(live: LiveTicks): TickFollowers {
  const all = new Set<Own>();
  let reading: NodeJS.Timeout | undefined;
  let isBusy = false;
  let notedAtMs = Number.NEGATIVE_INFINITY;
  const together = (names: readonly Iterable<string>[]) => [...new Set(names.flatMap((some) => [...some]))];

  const look = async () => {
    if (performance.now() - notedAtMs >= noteEveryMs) {
      notedAtMs = performance.now();
      await live.noteLooking(together([...all].map(({ symbols }) => symbols)));
    }
    const told = [...all].flatMap(({ hasTicks, subjects }) => (hasTicks ? [subjects] : []));
    for (const tick of await live.read(together(told))) {
      const text = `${tick.t} ${tick.p} ${tick.v}`;
      for (const own of all) {
        if (!own.hasTicks || !own.subjects.has(tick.symbol) || own.told.get(tick.symbol) === text) continue;
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
    open({ symbols, subjects, hasTicks }) {
      const given = { told: new Map(), waiting: new Map(), wake: () => {} };
      const own: Own = { symbols, subjects: new Set(subjects), hasTicks, ...given };
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
