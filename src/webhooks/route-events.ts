import type { EntityManager, MikroORM } from '@mikro-orm/mysql';
import { EventLogEnd } from '../entities/outbox.entity.ts';
import { WebhookCursor, WebhookEndpoint } from '../entities/webhooks.entity.ts';
import { type LogRow, readLog } from '../outbox/event-log.ts';
import type { Transaction } from '../outbox/transaction.ts';
import { isDue } from './claim.ts';
import { addDeliveries, type Due } from './deliveries.ts';
import { choosers, readWishes, type Wishes } from './endpoint.ts';

/** What there is to do for webhooks: events that nobody has gone through, whether for anybody, and endpoints that wait. */
export type WebhookBacklog = Readonly<{ routed: number; written: number; hasEndpoints: boolean; isDue: boolean }>;

const mostEvents = 500;
// An event is gone through whole, for however many it is.
const mostDeliveries = 5_000;

/** Looks what there is to do, by one statement. */
export async function lookForWork(em: EntityManager): Promise<WebhookBacklog> {
  const endpoints = em.getMetadata(WebhookEndpoint).tableName;
  const [row] = await em.execute<Record<'routed' | 'written' | 'is_any' | 'is_due', string>[]>(
    `select c.position as routed, e.position as written, exists (select 1 from ${endpoints}) as is_any,
       exists (select 1 from ${endpoints} where ${isDue}) as is_due
     from ${em.getMetadata(WebhookCursor).tableName} c join ${em.getMetadata(EventLogEnd).tableName} e on e.id = c.id`,
  );
  if (!row) throw new Error('the cursor of webhooks is missing; run the migrations');
  // What is as long as a position is told as text.
  const [routed, written] = [Number(row.routed), Number(row.written)];
  return { routed, written, hasEndpoints: Number(row.is_any) === 1, isDue: Number(row.is_due) === 1 };
}

/**
 * Leaves out what nobody asks for. A process that has looked before the first webhook was made, and comes after, moves the cursor to where
 * the log ended by then, or not at all.
 */
async function passOver(em: EntityManager, { routed, written }: WebhookBacklog): Promise<void> {
  await em.nativeUpdate(WebhookCursor, { id: 1, position: routed }, { position: written });
}

/**
 * Goes through what follows in the log, and writes down which endpoints are to be told of it. Any number of processes may do so at
 * once: whoever moves the cursor on has written for all, and the others have written nothing.
 */
export async function routeEvents(
  { orm, transaction, now }: Readonly<{ orm: MikroORM; transaction: Transaction; now: () => Date }>,
  look: WebhookBacklog,
): Promise<void> {
  const { routed, written } = look;
  const em = orm.em.fork();
  if (!look.hasEndpoints) return passOver(em, look);
  const events = await readLog(em, { after: routed, subjects: undefined, limit: mostEvents });
  // After the events: who asked to be told before one of them was committed is seen here.
  const endpoints = await readWishes(em);
  const { deliveries, position } = deliveriesOf(events, endpoints, written);
  await transaction(async (tx) => {
    if ((await tx.nativeUpdate(WebhookCursor, { id: 1, position: routed }, { position })) === 0) return;
    await addDeliveries(tx, deliveries, now());
  });
}

/** What is to be told of the first of these events, and how far they reach. */
function deliveriesOf(events: readonly LogRow[], endpoints: readonly Wishes[], written: number) {
  const chosenBy = choosers(endpoints, { areAll: true });
  const deliveries: Due[] = [];
  for (const event of events) {
    const position = event.position ?? 0;
    for (const { id } of chosenBy(event).filter(({ since }) => position > since))
      deliveries.push({ endpoint: id, position, eventId: event.id, type: event.type, subject: event.subject });
    if (deliveries.length >= mostDeliveries) return { deliveries, position };
  }
  const last = events.at(-1)?.position ?? written;
  return { deliveries, position: events.length < mostEvents ? Math.max(last, written) : last };
}
