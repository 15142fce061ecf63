import type { EntityManager } from '@mikro-orm/mysql';
import { Payment, Refund } from '../entities/payments.entity.ts';
import { RateLimited, StepAside } from '../errors.ts';
import type { PaymentGateways } from '../gateways/payments/payment-gateway.ts';

/** What a job is to throw whose gateway rests. */
export type RestOf = (gateway: string, rest: RateLimited) => Promise<RateLimited>;

type Parts = Readonly<{ gateways: PaymentGateways; read: () => EntityManager; now: () => Date }>;
type Looked = Readonly<{ atMs: number; awaited: Promise<ReadonlySet<string>> }>;

// In an outage every job of the gateway asks, and MySQL is to be asked once a second.
const freshMs = 1_000;
// A payment that begins at another gateway while the queue rests waits no longer than this.
const longestMs = 1_500;

/**
 * Decides who waits when a gateway rests: the whole queue, which costs nothing and keeps its order, as long as all that is
 * not over belongs to this gateway; else the job alone, so that the jobs of other gateways go on.
 */
export function openRests({ gateways, read, now }: Parts): RestOf {
  let last: Looked | undefined;
  return async (gateway, rest) => {
    const atMs = now().getTime();
    // Without MySQL no job goes on, whichever its gateway.
    const look = () => findAwaited(read()).catch(() => new Set<string>());
    if (!last || Math.abs(atMs - last.atMs) >= freshMs) last = { atMs, awaited: look() };
    const awaited = await last.awaited;
    const isAlone = !gateways.all.some(({ name }) => name !== gateway && awaited.has(name));
    return isAlone
      ? new RateLimited(Math.min(rest.waitMs, longestMs), { cause: rest })
      : new StepAside(rest.waitMs, { cause: rest });
  };
}

/** The gateways of all payments and refunds that are not over. */
async function findAwaited(em: EntityManager): Promise<ReadonlySet<string>> {
  const { tableName: payments } = em.getMetadata(Payment);
  const { tableName: refunds } = em.getMetadata(Refund);
  const found = await em.execute<{ gateway: string }[]>(
    `select distinct gateway from ${payments} where review_at is not null
     union select distinct gateway from ${payments} where id in (select payment_id from ${refunds} where review_at is not null)`,
  );
  return new Set(found.map(({ gateway }) => gateway));
}
