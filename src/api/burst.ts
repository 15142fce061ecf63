/** Counts the requests of each key over the last second, in this process. */
export type Burst = Readonly<{ most: number; use(key: string): Readonly<{ isAllowed: boolean; left: number }> }>;

const partsPerSecond = 8;
// One part more than a second has: whatever second one looks at, it touches no other part than these.
const parts = partsPerSecond + 1;
const forgottenAfterMs = 2_000;

type Tally = { latest: number; counts: number[] };

/** Opens the counting: in no second more than `most` for one key. Keys are forgotten when they have been idle for seconds. */
export function openBurst(most: number, elapsedMs: () => number): Burst {
  let recent = new Map<string, Tally>();
  let older = new Map<string, Tally>();
  let swappedAtMs = elapsedMs();
  const tallyOf = (key: string, part: number): Tally => {
    const tally = recent.get(key) ?? older.get(key) ?? { latest: part, counts: Array<number>(parts).fill(0) };
    recent.set(key, tally);
    const passed = Math.min(part - tally.latest, parts);
    for (let step = 1; step <= passed; step += 1) tally.counts[(tally.latest + step) % parts] = 0;
    tally.latest = part;
    return tally;
  };
  return {
    most,
    use(key) {
      const nowMs = elapsedMs();
      if (nowMs - swappedAtMs > forgottenAfterMs) {
        older = recent;
        recent = new Map();
        swappedAtMs = nowMs;
      }
      const part = Math.floor((nowMs * partsPerSecond) / 1_000);
      const { counts } = tallyOf(key, part);
      const used = counts.reduce((sum, count) => sum + count, 0);
      if (used >= most) return { isAllowed: false, left: 0 };
      counts[part % parts] = (counts[part % parts] ?? 0) + 1;
      return { isAllowed: true, left: most - used - 1 };
    },
  };
}
