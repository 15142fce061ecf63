import { expect, test } from 'vitest';
import { spendBudget } from '../guarantees/spend-budget.ts';

test('the same for five real minutes', async () => {
  const spending = await spendBudget(60_000, 5);
  process.stdout.write(`${JSON.stringify(spending)}\n`);
  expect(spending.refused).toBe(0);
  expect(spending.busiestWindow).toBeLessThanOrEqual(60);
  expect(spending.busiestSecond).toBeLessThanOrEqual(30);
  expect(spending.used).toBeGreaterThanOrEqual(0.95);
}, 400_000);
