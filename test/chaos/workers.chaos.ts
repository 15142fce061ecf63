import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { expectWhole, untilTerminal } from '../support/load/expect-whole.ts';
import { type SteadyOrders, sendSteadily } from '../support/load/steady-orders.ts';
import { type Platform, startPlatform } from '../support/processes/platform.ts';

const atOnce = 5;
const gatewayMs = 200;
// A clock that is read and one that waits may differ by so much.
const jitterMs = 10;
const stageMs = 20_000;
// More than one worker can charge with a gateway as slow as this one: 25.
const perSecond = 50;

let platform: Platform;
let orders: SteadyOrders;
beforeAll(async () => {
  const env = { WATCHLIST: '', RATE_LIMIT_PER_MINUTE: '0', WORKER_CONCURRENCY_PAYMENTS: String(atOnce) };
  platform = await startPlatform({ apis: 2, env });
  await platform.sandbox.fault({ target: 'stripe', kind: 'slow', ms: gatewayMs, seconds: 3_600 });
  orders = await sendSteadily(platform.urls, perSecond);
});
afterAll(() => platform.stop());

type Stage = Readonly<{ fromMs: number; toMs: number }>;

/** Lets the workers work for a while. */
async function stay(): Promise<Stage> {
  const fromMs = Date.now();
  await sleep(stageMs);
  return { fromMs, toMs: Date.now() };
}

/** How many charges reached the gateway in the stage, and how many at the most while it had to be working on each of them. */
async function chargesIn({ fromMs, toMs }: Stage) {
  const arrivals = (await platform.sandbox.arrivals('stripe'))
    .filter(
      ({ method, path, at_ms }) =>
        method === 'POST' && path.startsWith('/v1/payment_intents') && at_ms >= fromMs && at_ms < toMs,
    )
    .map(({ at_ms }) => at_ms);
  const together = arrivals.map(
    (last, index) => arrivals.slice(0, index + 1).filter((at) => at > last - gatewayMs + jitterMs).length,
  );
  return { perSecond: (arrivals.length * 1_000) / (toMs - fromMs), atOnce: Math.max(...together) };
}

test('workers come and go under load, one, four and one again: nothing is lost, and four do more than one', async () => {
  const stages = [await stay()];
  await Promise.all(Array.from({ length: 3 }, () => platform.startWorker()));
  stages.push(await stay());
  const leaving = platform.workers.slice(0, 3);
  for (const worker of leaving) process.kill(worker.pid, 'SIGTERM');
  for (const worker of leaving) expect(await worker.ended, worker.output()).toBe(0);
  stages.push(await stay());
  await orders.stop();
  await untilTerminal(platform, performance.now());

  const [one, four, again] = await Promise.all(stages.map(chargesIn));
  process.stdout.write(
    `${orders.bought.length} orders, ${orders.turnedAway()} turned away; ${JSON.stringify({ one, four, again })}\n`,
  );
  expect(orders.complaints).toEqual([]);
  await expectWhole(platform, orders.bought);
  for (const alone of [one, again]) expect(alone?.atOnce).toBeLessThanOrEqual(atOnce);
  expect(four?.atOnce).toBeGreaterThan(2 * atOnce);
});
