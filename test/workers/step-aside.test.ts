import { expect, test } from 'vitest';
import { nextTurn } from '../../src/workers/step-aside.ts';

test('jobs that step aside come back together, the rarer the more there are', () => {
  expect([1, 999, 1_000].map((atMs) => nextTurn(atMs, 1, 0))).toEqual([1_000, 1_000, 2_000]);
  expect(nextTurn(1_500, 1_100, 400)).toBe(3_000);
  expect([100, 7_900].map((atMs) => nextTurn(atMs, 1_100, 3_000))).toEqual([8_000, 16_000]);
  expect(nextTurn(0, 1_100, 1_000_000)).toBe(128_000);
});
