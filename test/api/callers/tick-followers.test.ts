import { afterEach, expect, test } from 'vitest';
import { type TickSubscription, openTickFollowers } from '../../../src/api/callers/tick-followers.ts';
import type { LiveTicks, Tick } from '../../../src/market/ticks/live.ts';

const tick = (p: number): Tick => ({ symbol: 'AAPL', p, v: 1, t: 1 });
let newest = tick(1);
const live: LiveTicks = {
  tell: async () => {},
  read: async () => [newest],
  noteLooking: async () => {},
  looking: async () => [],
};
const open: TickSubscription[] = [];
afterEach(() => {
  for (const look of open.splice(0)) look.close();
});

test('who comes later is given the newest tick, too, and each is given it once', async () => {
  const followers = openTickFollowers(live);
  const follow = () => {
    const look = followers.open({ symbols: ['AAPL'], subjects: ['AAPL'], hasTicks: true });
    open.push(look);
    return async () => {
      await look.ticks?.arrival();
      return look.ticks?.take();
    };
  };
  const first = follow();
  expect(await first()).toEqual([tick(1)]);
  const later = follow();
  expect(await later()).toEqual([tick(1)]);
  newest = tick(2);
  expect(await Promise.all([first(), later()])).toEqual([[tick(2)], [tick(2)]]);
});
