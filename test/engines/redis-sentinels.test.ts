import { afterAll, beforeAll, expect, test } from 'vitest';
import { seeMainFlows, seeOutlived } from '../support/engines/main-flows.ts';
import { type Sentinels, startSentinels } from '../support/engines/redis-sentinels.ts';
import { type Platform, startPlatform } from '../support/processes/platform.ts';

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
  await seeOutlived(platform, killed);
  expect((await sentinels.master()).port).not.toBe(killed.port);
});
