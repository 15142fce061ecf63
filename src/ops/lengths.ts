// Each length is a fourth of a doubling longer than the one before: what is read from it is within a tenth of the truth.
const perDoubling = 4;
/** The longest, to which all longer ones count: more than a month. */
const longest = 128;

/** The number of a length of time: 0 is a millisecond and less. */
export function lengthOf(ms: number): number {
  return ms <= 1 ? 0 : Math.min(longest, Math.ceil(Math.log2(ms) * perDoubling));
}

/** So many of a length. */
export type Counted = Readonly<{ length: number; count: number }>;

/** How long the shorter ones took, of which there are so many in a hundred, seconds; null where there is none at all. */
export function percentile(counted: readonly Counted[], percent: number): number | null {
  const inOrder = counted.toSorted((one, other) => one.length - other.length);
  const rank = Math.ceil((inOrder.reduce((sum, { count }) => sum + count, 0) * percent) / 100);
  let before = 0;
  const found = inOrder.find(({ count }) => (before += count) >= rank);
  return rank === 0 || !found ? null : secondsOf(found.length);
}

/** The middle of a length, to the millisecond or three digits. */
function secondsOf(length: number): number {
  const ms = 2 ** ((length - 0.5) / perDoubling);
  return Number((Math.max(1, ms) / 1_000).toPrecision(3));
}
