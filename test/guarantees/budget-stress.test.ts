import { afterAll, beforeAll, expect, test } from 'vitest';
import { mishaps, type Spenders, startSpenders } from '../support/load/spend-budget.ts';

let spenders: Spenders;
beforeAll(async () => {
  spenders = await startSpenders(6_000);
});
afterAll(() => spenders.stop());

// How much of the plan is used in how much time is measured by `npm run chaos`.
test.each([
  ['four workers under endless demand', undefined],
  ['two of them killed, Redis emptied, Redis restarted', mishaps],
])('%s: no window exceeded, no 429, and all that is allowed is called', async (_name, disturbances) => {
  const { refused, busiestWindow, busiestSecond } = await spenders.spend(2, disturbances);
  expect(refused).toBe(0);
  expect(busiestWindow).toBeLessThanOrEqual(60);
  expect(busiestSecond).toBeLessThanOrEqual(30);
});
