import { relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expectFrozenHarmless } from '../support/load/frozen-worker.ts';
import { killPoints } from '../support/load/kill-points.ts';
import { type Platform, startPlatform } from '../support/processes/platform.ts';
import { reportFault } from '../support/proof/report-fault.ts';

describe('a worker that is frozen and thawed', () => {
  let platform: Platform;
  beforeAll(async () => {
    platform = await startPlatform({ workers: 0 });
  });
  afterAll(() => platform.stop());

  const points = killPoints.filter(({ role }) => role === 'worker');
  const waitedMs: number[] = [];
  test.each(points)('keeps nobody from the order, and charges nothing twice: $name', async (point) => {
    waitedMs.push(await expectFrozenHarmless(platform, point));
  });

  test('has been frozen at every point, and has asked again for what another had asked for', async () => {
    const charges = (await platform.sandbox.ledger()).map(({ order_id }) => order_id);
    const keys = (await platform.sandbox.arrivals('stripe')).flatMap(({ idempotency_key: key }) => key ?? []);
    const orders = 2 * points.length;
    reportFault({
      fault: 'F8',
      title: 'a worker is frozen at each point of a charge, for longer than its lock, and wakes',
      times: waitedMs.length,
      orders,
      lost: orders - new Set(charges).size,
      doubled: charges.length - new Set(charges).size,
      slowestRecoverySeconds: Math.round(Math.max(...waitedMs) / 100) / 10,
      seed: 'no chance',
      how: relative(process.cwd(), import.meta.filename),
    });
    expect(waitedMs).toHaveLength(points.length);
    // Void unless two have worked on one charge.
    expect(keys.length).toBeGreaterThan(new Set(keys).size);
  });
});
