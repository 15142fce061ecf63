import type { InferEntity } from '@mikro-orm/mysql';
import type { Config } from '../config.ts';
import type { AlertFiring } from '../entities/alerts.entity.ts';
import type { AfterCommit } from '../outbox/after-commit.ts';
import { alertFired } from '../streams/alerts.stream.ts';
import { type AlertRow, moveIn } from './alert.ts';
import { alertJobs } from './jobs.ts';

/** A firing as it is stored. */
export type Firing = InferEntity<typeof AlertFiring>;

/** What of a firing is told. */
export type FiringFacts = Pick<
  Firing,
  'number' | 'price' | 'reference' | 'asOf' | 'orderState' | 'orderId' | 'orderCode' | 'orderDetail'
>;

/** What telling needs of its process: whether mails are sent. */
export type TellingParts = Readonly<{ config: Pick<Config, 'SMTP_URL'> }>;

/** Tells whoever wants to know that an alert has fired, once it is known what became of the order that it carries. */
export function tellFiring(after: AfterCommit, { config }: TellingParts, alert: AlertRow, firing: FiringFacts): void {
  after.publish(alertFired, alert.id, {
    alert_id: alert.id,
    user_id: alert.userId,
    symbol: alert.symbol,
    condition: alert.kind,
    threshold: alert.threshold,
    firing: firing.number,
    price: firing.price,
    as_of: firing.asOf.toISOString(),
    ...movedBy(firing),
    order: outcomeOf(firing),
    webhook_id: alert.webhookId ?? null,
  });
  if (config.SMTP_URL !== undefined) after.enqueue(alertJobs.mail, { alert_id: alert.id, firing: firing.number });
}

/** From which price the move was counted, and how far it went. */
export function movedBy({ reference = null, price }: Pick<FiringFacts, 'reference' | 'price'>) {
  return { reference, change_percent: reference === null ? null : moveIn(reference, price) };
}

function outcomeOf({ orderState, orderId = null, orderCode = null, orderDetail = null }: FiringFacts) {
  if (orderState !== 'placed' && orderState !== 'refused') return null;
  return { status: orderState, order_id: orderId, code: orderCode, detail: orderDetail };
}
