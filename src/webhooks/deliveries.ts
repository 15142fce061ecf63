import type { EntityManager } from '@mikro-orm/mysql';
import { WebhookDelivery, WebhookEndpoint } from '../entities/webhooks.entity.ts';
import { textOf } from '../mysql/values.ts';

/** An event that an endpoint is to be told. */
export type Due = Readonly<{ endpoint: string; position: number; eventId: string; type: string; subject: string }>;

const atOnce = 1_000;

/**
 * Writes down what endpoints are to be told, and has those looked after that can be told now. What an endpoint has been told before, it
 * is told again.
 */
export async function addDeliveries(tx: EntityManager, deliveries: readonly Due[], at: Date): Promise<void> {
  const { tableName } = tx.getMetadata(WebhookDelivery);
  const text = textOf(tx);
  for (let from = 0; from < deliveries.length; from += atOnce) {
    const rows = deliveries
      .slice(from, from + atOnce)
      .map((one) => [one.endpoint, one.position, one.eventId, one.type, one.subject, at].map(text).join(', '));
    await tx.execute(
      `insert into ${tableName} (endpoint, position, event_id, type, subject, created_at) values (${rows.join('), (')})
       on duplicate key update state = 'waiting', attempts = 0, error = null, failing_since = null, due_at = null, ended_at = null`,
      [],
      'run',
    );
  }
  await wake(tx, [...new Set(deliveries.map(({ endpoint }) => endpoint))]);
}

/** Has endpoints looked after at once; those that fail when what they have not taken is due, those that somebody works for once more. */
async function wake(tx: EntityManager, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  const text = textOf(tx);
  await tx.execute(
    `update ${tx.getMetadata(WebhookEndpoint).tableName}
     set again = 1, wake_at = if(claim is null and (failures = 0 or wake_at is null), utc_timestamp(3), wake_at)
     where id in (${ids.toSorted().map(text).join(', ')}) and status = 'active' and deleted_at is null`,
    [],
    'run',
  );
}
