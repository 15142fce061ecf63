import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openBurst } from '../../../src/api/callers/allowance.ts';

describe('the burst', () => {
  it('lets no second pass with more than the most, whenever requests come', () => {
    const waits = fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 120 });
    fc.assert(
      fc.property(waits, fc.integer({ min: 1, max: 7 }), (gapsMs, most) => {
        let nowMs = 0;
        const burst = openBurst(most, () => nowMs);
        const passedAt = gapsMs.flatMap((gapMs) => {
          nowMs += gapMs;
          return burst.use('someone').isAllowed ? [nowMs] : [];
        });
        for (const from of passedAt)
          expect(passedAt.filter((at) => at >= from && at < from + 1_000).length).toBeLessThanOrEqual(most);
      }),
    );
  });

  it('takes a request that has been waited for, and counts everyone alone', () => {
    let nowMs = 0;
    const burst = openBurst(1, () => nowMs);
    expect([burst.use('a'), burst.use('b'), burst.use('a')].map(({ isAllowed }) => isAllowed)).toEqual([
      true,
      true,
      false,
    ]);
    nowMs = 1_125;
    expect(burst.use('a').isAllowed).toBe(true);
    nowMs = 60_000;
    expect(burst.use('a')).toEqual({ isAllowed: true, left: 0 });
  });
});
