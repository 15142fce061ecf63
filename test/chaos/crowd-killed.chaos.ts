import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Crowd, card, openCrowd } from '../support/load/crowd.ts';
import { payAtOnce, payStaggered } from '../support/load/killed-workers.ts';

const kills = 10;
let crowd: Crowd;
beforeAll(async () => {
  crowd = await openCrowd();
});
afterAll(() => crowd.platform.stop());

test('8 payments at once, and a worker that makes them killed, over and over: each order charged once', async () => {
  const place = (index: number) => crowd.place(index, { products: [1] });
  await crowd.expectChargedOnce(
    await payAtOnce(crowd.platform, kills, place, (id) => crowd.post(0, `/orders/${id}/pay`, card)),
  );
});

test('orders one after the other at a gateway that takes 150 ms, and workers killed: each charged once', async () => {
  const ids = await payStaggered(crowd.platform, kills, (index) => crowd.place(index, { products: [1], ...card }));
  expect(ids.length).toBeGreaterThanOrEqual(3 * kills);
  await crowd.expectChargedOnce(ids);
});
