import { expect, test } from 'vitest';
import { spendBudget } from './spend-budget.ts';

test('four workers under endless demand: no window exceeded, no 429, at least 95 % of the budget used', async () => {
  const { refused, busiestWindow, busiestSecond, used } = await spendBudget(6_000, 3);
  expect(refused).toBe(0);
  expect(busiestWindow).toBeLessThanOrEqual(60);
  expect(busiestSecond).toBeLessThanOrEqual(30);
  expect(used).toBeGreaterThanOrEqual(0.95);
}, 90_000);
