import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Order } from '../../src/entities/orders.entity.ts';
import { openMemory } from '../support/load/memory.ts';
import { sendSteadily } from '../support/load/steady-orders.ts';
import { type Platform, startPlatform } from '../support/processes/platform.ts';
import { until } from '../support/processes/process.ts';
import { reportFault } from '../support/proof/report-fault.ts';

// What there is to say of a release takes 30.
const minutes = Number(process.env['SOAK_MINUTES'] ?? 3);
const perSecond = 100;
const samplesAMinute = 6;
// Until code is compiled and what grows to its bound has done so once.
const warmMs = minutes * 10_000;

let platform: Platform;
beforeAll(async () => {
  // The first flag is that of `npm start` and of the image.
  const env = { WATCHLIST: '', NODE_OPTIONS: '--max-semi-space-size=16 --inspect=127.0.0.1:0' };
  platform = await startPlatform({ env });
});
afterAll(() => platform.stop());

test(`${minutes} minutes of ${perSecond} orders a second: each is charged once, and nothing is kept of them in memory`, {
  timeout: (minutes + 15) * 60_000,
}, async () => {
  const roles = { api: platform.apis[0], worker: platform.workers[0] };
  const memories = await Promise.all(Object.entries(roles).map(([role, some]) => openMemory(role, some)));
  const collect = () => Promise.all(memories.map((memory) => memory.collect()));
  const orders = await sendSteadily(platform.urls, perSecond);
  await sleep(warmMs);
  await collect();
  for (let count = 1; count <= minutes * samplesAMinute; count += 1) {
    await sleep(60_000 / samplesAMinute);
    for (const memory of memories) memory.sample();
    if (count % samplesAMinute === 0) await collect();
  }
  await orders.stop();

  const told = memories.map((memory) => memory.told());
  for (const each of told) process.stdout.write(`${JSON.stringify(each)}\n`);
  const { bought, complaints } = orders;
  process.stdout.write(`${bought.length} orders, ${orders.turnedAway()} turned away\n`);
  expect(complaints.slice(0, 10)).toEqual([]);
  await until('every order is paid', async () => {
    const paid = await platform.orm.em.fork().count(Order, { status: 'paid' });
    return paid === bought.length || undefined;
  });
  const charged = (await platform.sandbox.ledger()).map(({ order_id }) => order_id ?? '');
  const title = `${minutes} minutes of ${perSecond} orders a second`;
  const counts = { orders: bought.length, doubled: charged.length - new Set(charged).size };
  reportFault({ fault: 'F33', title, times: 1, ...counts, seed: 'no chance', how: 'test/chaos/soak.chaos.ts' });
  expect(charged.toSorted()).toEqual(bought.map(({ id }) => id).toSorted());
  for (const { liveMb, liveMbPerTenMinutes } of told) {
    expect(liveMb.at(-1)).toBeLessThan(1.1 * (liveMb[0] ?? 0));
    // Of a few minutes no slope can be told.
    if (minutes >= 10) expect(liveMbPerTenMinutes).toBeLessThan(1);
  }
});
