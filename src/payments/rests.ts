import type { EntityManager } from '@mikro-orm/mysql';
import { Payment, Refund } from '../entities/payments.entity.ts';
import { RateLimited, StepAside } from '../errors.ts';
import type { PaymentGateways } from '../gateways/payments/payment-gateway.ts';

/** What a job is to throw whose gateway rests. */
export type RestOf = (gateway: string, rest: RateLimited) => Promise<RateLimited>;

type Parts = Readonly<{ gateways: PaymentGateways; read: () => EntityManager; now: () => Date }>;
type Looked = Readonly<{ atMs: number; awaited: Promise<ReadonlySet<string>> }>;

// In an outage every job of the gateway asks.
const freshMs = 1_000;
// Whoever begins to pay by another gateway meanwhile waits that long.
const longestMs = 1_500;

/**
 * Decides who waits when a gateway rests: the whole queue, which keeps its order at no cost, while nothing that is not over
 * belongs to another gateway; else the job alone, so that the others' are not kept.
 */
export function openRests({ gateways, read, now }: Parts): RestOf {
  let last: Looked | undefined;
  return async (gateway, rest) => {
    const atMs = now().getTime();
    // Where MySQL does not answer no job goes on, whose gateway it may be.
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
