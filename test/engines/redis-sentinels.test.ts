import { afterAll, beforeAll, expect, test } from 'vitest';
import { placeOrder, statusOf } from '../support/load/place-order.ts';
import { seeMainFlows } from '../support/engines/main-flows.ts';
import { type Sentinels, startSentinels } from '../support/engines/redis-sentinels.ts';
import { type Platform, startPlatform } from '../support/processes/platform.ts';
import { until } from '../support/processes/process.ts';

let sentinels: Sentinels;
let platform: Platform;
beforeAll(async () => {
  sentinels = await startSentinels();
  platform = await startPlatform({ env: sentinels.env });
});
afterAll(async () => {
  await platform.stop();
  await sentinels.stop();
});

test('the master that sentinels name is used, and when it is killed the next: no order is lost or charged twice', async () => {
  await seeMainFlows(platform);
  const killed = await sentinels.master();
  await killed.process().signal('SIGKILL');
  const ids: string[] = [];
  for (let count = 0; count < 5; count += 1) ids.push(await placeOrder(platform));
  for (const id of ids)
    await until(`${id} is paid`, async () => ((await statusOf(platform, id)) === 'paid' ? true : undefined));
  const charges = (await platform.sandbox.ledger())
    .map(({ order_id }) => order_id)
    .filter((id) => ids.includes(id ?? ''));
  expect(charges.toSorted()).toEqual(ids.toSorted());
  expect((await sentinels.master()).port).not.toBe(killed.port);
  await killed.start();
  await seeMainFlows(platform);
});
