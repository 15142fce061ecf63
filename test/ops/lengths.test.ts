import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lengthOf, percentile } from '../../src/ops/lengths.ts';

const counted = (tookMs: readonly number[]) =>
  [...Map.groupBy(tookMs, lengthOf)].map(([length, some]) => ({ length, count: some.length }));

describe('percentiles of counted lengths', () => {
  it('are within a tenth of those of the lengths themselves', () => {
    const took = fc.array(fc.integer({ min: 1, max: 86_400_000 }), { minLength: 1, maxLength: 300 });
    const percents = fc.constantFrom(50, 95, 99);
    fc.assert(
      fc.property(took, percents, (tookMs, percent) => {
        const inOrder = tookMs.toSorted((one, other) => one - other);
        const exactMs = inOrder[Math.ceil((inOrder.length * percent) / 100) - 1] ?? 0;
        const toldMs = (percentile(counted(tookMs), percent) ?? 0) * 1_000;
        expect(Math.abs(toldMs - exactMs)).toBeLessThanOrEqual(exactMs * 0.1);
      }),
    );
  });

  it('are the same however the lengths were counted', () => {
    const [some, others] = [
      [1, 5, 80, 80, 900],
      [3, 3, 70_000],
    ];
    const together = percentile([...counted(some), ...counted(others)], 50);
    expect(together).toBe(percentile(counted([...some, ...others]), 50));
  });

  it('are none of nothing, a millisecond of less, and bounded above', () => {
    expect(percentile([], 50)).toBeNull();
    expect(percentile([{ length: 3, count: 0 }], 99)).toBeNull();
    for (const ms of [-5, 0, 0.4, 1]) expect(percentile(counted([ms]), 50)).toBe(0.001);
    expect(lengthOf(Number.MAX_SAFE_INTEGER)).toBe(128);
  });
});
