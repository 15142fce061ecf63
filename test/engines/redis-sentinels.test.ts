import { afterAll, beforeAll, expect, test } from 'vitest';
import { seeMainFlows, seeOutlived } from '../support/engines/main-flows.ts';
import { startSentinels } from '../support/engines/redis-sentinels.ts';
import type { Engines } from '../support/engines/server-node.ts';
import { type Platform, startPlatform } from '../support/processes/platform.ts';

let sentinels: Engines;
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
  const killed = await sentinels.writer();
  await seeOutlived(platform, killed);
  expect((await sentinels.writer()).port).not.toBe(killed.port);
});
