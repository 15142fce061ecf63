import { afterAll, beforeAll, expect, test } from 'vitest';
import { proveAlerts } from '../support/load/prove-alerts.ts';
import { type Platform, startPlatform } from '../support/processes/platform.ts';

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform({ workers: 2, env: { WATCHLIST: '', RATE_LIMIT_PER_MINUTE: '0' } });
});
afterAll(() => platform.stop());

test('100,000 prices against 1,000 alerts, through kills: fired as a recomputation says, orders once and within their caps', async () => {
  const said = await proveAlerts(platform, {
    prices: 100_000,
    alerts: 1_000,
    symbols: 20,
    kills: 15,
    withinMs: 560_000,
  });
  process.stdout.write(`${said}\n`);
  expect(said).toContain('15 kills');
});
