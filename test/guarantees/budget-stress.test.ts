import { afterAll, beforeAll, expect, test } from 'vitest';
import { mishaps, type Spenders, startSpenders } from '../support/load/spend-budget.ts';

let spenders: Spenders;
beforeAll(async () => {
  spenders = await startSpenders(6_000);
});
afterAll(() => spenders.stop());

// How much of the plan is used in how much time, and without mishaps, is measured by `npm run chaos`.
test('four workers under endless demand, two of them killed, Redis emptied and restarted: no window exceeded, no 429', async () => {
  const { refused, busiestWindow, busiestSecond } = await spenders.spend(2, mishaps);
  expect(refused).toBe(0);
  expect(busiestWindow).toBeLessThanOrEqual(60);
  expect(busiestSecond).toBeLessThanOrEqual(30);
});
