import { afterAll, beforeAll, expect, test } from 'vitest';
import { proveAlerts } from '../support/load/prove-alerts.ts';
import { type Platform, startPlatform } from '../support/processes/platform.ts';
import { patienceMs } from '../support/processes/process.ts';

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform({ workers: 2, env: { WATCHLIST: '', RATE_LIMIT_PER_MINUTE: '0' } });
});
afterAll(() => platform.stop());

// A hundred thousand prices against a thousand alerts in `npm run chaos`.
test('prices against alerts, through kills: fired as a recomputation says, orders once and within their caps', async () => {
  const said = await proveAlerts(platform, { prices: 1_500, alerts: 45, symbols: 5, kills: 2, withinMs: patienceMs });
  process.stdout.write(`${said}\n`);
  expect(said).toContain('2 kills');
});
