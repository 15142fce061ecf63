import { afterAll, beforeAll, describe, test } from 'vitest';
import { expectFrozenHarmless } from '../support/load/frozen-worker.ts';
import { killPoints } from '../support/load/kill-points.ts';
import { type Platform, startPlatform } from '../support/processes/platform.ts';

describe('a worker that is frozen and thawed', () => {
  let platform: Platform;
  beforeAll(async () => {
    platform = await startPlatform({ workers: 0 });
  });
  afterAll(() => platform.stop());

  const points = killPoints.filter(({ role }) => role === 'worker');
  test.each(points)('keeps nobody from the order, and charges nothing twice: $name', (point) =>
    expectFrozenHarmless(platform, point),
  );
});
