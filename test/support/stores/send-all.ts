import type { Context } from '../../../src/context.ts';
import { OutboxMessage } from '../../../src/entities/outbox.entity.ts';
import { sweepOnce } from '../../../src/outbox/sweep.ts';
import { until } from '../processes/process.ts';

/**
 * Resolves when every job that has been committed is in its queue. The relay leaves to the sweep what it comes to late, as it does on a
 * machine that has stood still for a second; where no worker runs, nobody else sweeps.
 */
export async function sendAll({ orm, events: { relay } }: Pick<Context, 'orm' | 'events'>): Promise<void> {
  await until('every job has left MySQL', async () => {
    await relay.idle();
    const em = orm.em.fork();
    if ((await em.count(OutboxMessage)) === 0) return true;
    await em.nativeUpdate(OutboxMessage, {}, { leaseUntil: new Date(Date.now() - 1_000) });
    // What Redis does not take in time is swept again.
    await sweepOnce(orm, relay).catch(() => 0);
    return undefined;
  });
}
