/** How many charges a second the gateway has made in each of the windows that follow on each other. */
export function windowRates(
  ledger: readonly Readonly<{ type: string; at: string }>[],
  { fromMs, windowMs, windows }: Readonly<{ fromMs: number; windowMs: number; windows: number }>,
): readonly number[] {
  const counts = Array.from({ length: windows }, () => 0);
  for (const { type, at } of ledger) {
    const index = Math.floor((Date.parse(at) - fromMs) / windowMs);
    if (type === 'charge' && index >= 0 && index < windows) counts[index] = (counts[index] ?? 0) + 1;
  }
  return counts.map((count) => Math.round((count * 10_000) / windowMs) / 10);
}

/** The middle one of them. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}
