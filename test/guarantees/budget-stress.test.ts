import { afterAll, beforeAll, expect, test } from 'vitest';
import { mishaps, type Spenders, startSpenders } from './spend-budget.ts';

let spenders: Spenders;
beforeAll(async () => {
  spenders = await startSpenders(6_000);
});
afterAll(() => spenders.stop());

const nothingExceeded = { refused: 0, windows: true, seconds: true };
const excess = ({ refused, busiestWindow, busiestSecond }: Awaited<ReturnType<Spenders['spend']>>) => ({
  refused,
  windows: busiestWindow <= 60,
  seconds: busiestSecond <= 30,
});

test('four workers under endless demand: no window exceeded, no 429, at least 95 % of the budget used', async () => {
  const spending = await spenders.spend(1);
  expect(excess(spending)).toEqual(nothingExceeded);
  expect(spending.used).toBeGreaterThanOrEqual(0.95);
}, 60_000);

test('two of them killed, Redis emptied, Redis restarted: no window exceeded, no 429', async () => {
  const spending = await spenders.spend(1, mishaps);
  expect(excess(spending)).toEqual(nothingExceeded);
  // Void if they had hardly called.
  expect(spending.used).toBeGreaterThan(0.5);
}, 60_000);
