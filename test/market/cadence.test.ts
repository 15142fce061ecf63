import { describe, expect, it } from 'vitest';
import {
  fittingAll,
  fittingSeconds,
  isOverPlan,
  pollingIn,
  usualEverySeconds,
  nextPoll,
  slotBegan,
  slotOffsetMs,
} from '../../src/market/polling.ts';

const plan = { perWindow: 60, windowMs: 60_000 };

describe('cadences', () => {
  it('from the first start use half of the plan at the most, and none is shorter than a copy is fresh', () => {
    for (const count of [1, 8, 30, 500]) {
      const everySeconds = usualEverySeconds(count, plan, 10);
      expect((count * 60) / everySeconds).toBeLessThanOrEqual(30);
      expect(everySeconds).toBeGreaterThanOrEqual(10);
    }
    expect(usualEverySeconds(8, plan, 10)).toBe(16);
  });

  it('that fit leave people their fifth, and one second less does not fit', () => {
    for (const others of [[], [10, 10, 10], [2, 4, 300], [60, 7, 2]]) {
      const fits = fittingSeconds(others, plan) ?? Number.NaN;
      expect(pollingIn([...others, fits], plan).calls).toBeLessThanOrEqual(48);
      if (fits > 1) expect(pollingIn([...others, fits - 1], plan).calls).toBeGreaterThan(48);
    }
    expect(fittingSeconds([2, 4], plan)).toBe(20);
  });

  it('that are said to fit for all do so beside each other, and so does what fills the plan to the last call', () => {
    const bad = [60, 150, 300, 900].flatMap((perWindow) => {
      const all = { ...plan, perWindow };
      return Array.from({ length: 500 }, (_, others) => ({ given: fittingAll(others + 1, all), others }))
        .filter(({ given, others }) => {
          const cadences = Array.from({ length: others }, () => given);
          return !((fittingSeconds(cadences, all) ?? Infinity) <= given) || isOverPlan([...cadences, given], all);
        })
        .map(({ others }) => `${others + 1} of ${perWindow}`);
    });
    expect(bad).toEqual([]);
    expect(fittingSeconds([15, 4, 3, 140], plan)).toBe(7);
    expect([7, 6].map((fourth) => isOverPlan([15, 4, 3, 140, fourth], plan))).toEqual([false, true]);
  });

  it('fit nowhere when others use all that polling may; then a longer one fits for all', () => {
    expect(fittingSeconds([2, 4, 20], plan)).toBeUndefined();
    expect(fittingAll(4, plan)).toBe(5);
    expect(pollingIn([5, 5, 5, 5], plan).calls).toBe(48);
    expect(fittingAll(500, plan)).toBe(625);
  });
});

describe('slots', () => {
  const aapl = { symbol: 'AAPL', everySeconds: 16 };

  it('lie one cadence apart, at an offset of the symbol’s own', () => {
    const [began, offsetMs] = [slotBegan(aapl, 1_000_000_000_000), slotOffsetMs(aapl)];
    expect(began % 16_000).toBe(offsetMs);
    expect(began).toBeLessThanOrEqual(1_000_000_000_000);
    expect(slotBegan(aapl, began)).toBe(began);
    expect(slotBegan(aapl, began + 15_999)).toBe(began);
    expect(slotBegan(aapl, began - 1)).toBe(began - 16_000);
    const offsets = 'AAPL MSFT GOOGL AMZN NVDA TSLA META'.split(' ').map((symbol) => slotOffsetMs({ ...aapl, symbol }));
    expect(new Set(offsets).size).toBe(7);
    for (const symbol of ['A', 'B', 'C']) expect(slotOffsetMs({ symbol, everySeconds: 1 })).toBeGreaterThan(0);
  });

  it('that come next are the first after a rest', () => {
    const began = slotBegan(aapl, 1_000_000_000_000);
    expect(nextPoll(aapl, began + 5)).toBe(began + 16_000);
    expect(nextPoll(aapl, began + 5, began + 16_000)).toBe(began + 16_000);
    expect(nextPoll(aapl, began + 5, began + 16_001)).toBe(began + 32_000);
  });
});
