import { expect, test } from 'vitest';
import { mishaps, startSpenders } from '../support/load/spend-budget.ts';

test.concurrent.each([
  ['undisturbed', undefined, 0.97],
  ['two workers killed, Redis emptied, Redis restarted', mishaps, 0.9],
])('five real minutes of endless demand, %s', async (_name, disturb, atLeast) => {
  const spenders = await startSpenders(60_000);
  const spending = await spenders.spend(5, disturb);
  process.stdout.write(`${JSON.stringify(spending)}\n`);
  await spenders.stop();
  expect(spending.refused).toBe(0);
  expect(spending.busiestWindow).toBeLessThanOrEqual(60);
  expect(spending.busiestSecond).toBeLessThanOrEqual(30);
  expect(spending.used).toBeGreaterThanOrEqual(atLeast);
});
