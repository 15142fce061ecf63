import { setTimeout as sleep } from 'node:timers/promises';
import type { Platform } from '../processes/platform.ts';
import { until } from '../processes/process.ts';

/** Places an order that is being paid, the `index`th, and returns its id. */
type Buy = (index: number) => Promise<string>;

/** The gateway takes 150 ms for each charge, as a real one does; that is when workers are killed. */
async function withSlowGateway(platform: Platform, work: () => Promise<void>): Promise<void> {
  await platform.sandbox.fault({ target: 'stripe', kind: 'slow', ms: 150, seconds: 600 });
  await work();
  await platform.sandbox.clearFaults();
}

/** Kills the oldest worker once the gateway works on a charge that arrived after `sinceMs`; another one starts. */
async function killWhileCharging(platform: Platform, sinceMs: number): Promise<void> {
  await until('the gateway is asked', async () => {
    const arrivals = await platform.sandbox.arrivals('stripe');
    return arrivals.some(({ at_ms, status }) => at_ms >= sinceMs && status === null) ? true : undefined;
  });
  await platform.workers.shift()?.signal('SIGKILL');
}

/** Eight payments at once, and a worker that makes them killed, over and over. Returns the orders. */
export async function payAtOnce(platform: Platform, kills: number, place: Buy, pay: (id: string) => Promise<unknown>) {
  const ids: string[] = [];
  await withSlowGateway(platform, async () => {
    for (let round = 0; round < kills; round += 1) {
      const some = await Promise.all(Array.from({ length: 8 }, (_, index) => place(index)));
      const sinceMs = Date.now();
      await Promise.all(some.map(pay));
      await killWhileCharging(platform, sinceMs);
      await platform.startWorker();
      ids.push(...some);
    }
  });
  return ids;
}

/** An order every 50 ms, and a worker killed over and over meanwhile. Returns the orders. */
export async function payStaggered(platform: Platform, kills: number, buy: Buy): Promise<string[]> {
  const ids: string[] = [];
  let isOver = false;
  const buyer = async () => {
    while (!isOver) {
      ids.push(await buy(ids.length));
      await sleep(50);
    }
  };
  await withSlowGateway(platform, async () => {
    const buying = buyer();
    for (let round = 0; round < kills; round += 1) {
      await killWhileCharging(platform, Date.now());
      await platform.startWorker();
    }
    isOver = true;
    await buying;
  });
  return ids;
}
