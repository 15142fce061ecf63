import type { EntityManager } from '@mikro-orm/mysql';
import { AuditEntry, BudgetMinute, DeadLetter, IdempotencyKey, QueueMinute } from '../../entities/ops.entity.ts';
import { EventLog } from '../../entities/outbox.entity.ts';
import { batch, deleteBefore, type DeleteSome } from '../../mysql/delete-in-batches.ts';
import { auditedRefusals, refusedLogin } from '../../ops/audited-refusals.ts';
import { market } from '../../streams/market.stream.ts';
import { definePrune } from '../define-prune.ts';

const hourMs = 3_600_000;

/** Deletes stored answers, replayed dead letters, histories of queues and calls, market events and refused attempts whose time is over. */
export const pruneRecords = definePrune(
  {
    kind: 'prune-records',
    summary:
      'Delete stored answers, replayed dead letters, histories of queues and calls, market events and refused attempts whose time is over.',
  },
  ({ em, now }) => deletions(em, now()),
);

/** What is deleted when. Events of orders and products are kept for ever. */
function deletions(em: EntityManager, now: Date): readonly DeleteSome[] {
  return [
    // Three days are promised to whoever repeats a request.
    deleteBefore(em.getMetadata(IdempotencyKey).tableName, 'created_at', hoursBefore(now, 74)),
    deleteBefore(em.getMetadata(DeadLetter).tableName, 'replayed_at', hoursBefore(now, 30 * 24)),
    // A day more than GET /queues/{name}/history tells.
    deleteBefore(em.getMetadata(QueueMinute).tableName, 'minute', hoursBefore(now, 8 * 24)),
    // A day more than GET /market/budget/history tells.
    deleteBefore(em.getMetadata(BudgetMinute).tableName, 'minute', hoursBefore(now, 2 * 24)),
    (tx) => deleteEvents(tx, hoursBefore(now, market.loggedDays * 24)),
    // Strangers cause them, so they must not grow for ever; what was changed, or was about to be, is never deleted.
    (tx) => deleteRefusals(tx, hoursBefore(now, 90 * 24)),
  ];
}

// The oldest stand first by position, which has an index; their time has none.
async function deleteEvents(tx: EntityManager, before: Date): Promise<number> {
  const oldest = await tx.find(
    EventLog,
    { stream: market.name, position: { $ne: null } },
    { fields: ['id', 'at'], orderBy: { position: 'asc' }, limit: batch, disableIdentityMap: true },
  );
  const ids = oldest.filter(({ at }) => at < before).map(({ id }) => id);
  return ids.length === 0 ? 0 : tx.nativeDelete(EventLog, { id: { $in: ids } });
}

async function deleteRefusals(tx: EntityManager, before: Date): Promise<number> {
  const refused = { $or: [{ code: { $in: [...auditedRefusals] } }, refusedLogin], at: { $lt: before } };
  const oldest = await tx.find(AuditEntry, refused, { fields: ['id'], limit: batch, disableIdentityMap: true });
  return oldest.length === 0 ? 0 : tx.nativeDelete(AuditEntry, { id: { $in: oldest.map(({ id }) => id) } });
}

function hoursBefore(now: Date, hours: number): Date {
  return new Date(now.getTime() - hours * hourMs);
}
