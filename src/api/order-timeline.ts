import type { EntityManager, InferEntity } from '@mikro-orm/mysql';
import { EventLog } from '../entities/event-log.entity.ts';
import { GatewayCall } from '../entities/gateway-call.entity.ts';
import { OrderHistory } from '../entities/order-history.entity.ts';
import { orders } from '../streams/orders.stream.ts';

const most = 1_000;

/** Every state change, talk with the gateway and event of an order, oldest first; of each kind the newest thousand. */
export async function readTimeline(em: EntityManager, order: string) {
  const newest = { limit: most, disableIdentityMap: true } as const;
  const changes = await em.find(OrderHistory, { order }, { ...newest, orderBy: { id: 'desc' } });
  const calls = await em.find(GatewayCall, { order }, { ...newest, orderBy: { id: 'desc' } });
  const where = { stream: orders.name, subject: order };
  const events = await em.find(EventLog, where, { ...newest, orderBy: { version: 'desc' } });
  // What bears the same millisecond stands in the order of causes: a call, what it changed, what was announced of it.
  return [
    ...calls.toReversed().map(callEntry),
    ...changes.toReversed().map(changeEntry),
    ...events.toReversed().map(eventEntry),
  ].toSorted((a, b) => a.at.localeCompare(b.at));
}

function changeEntry({ at, subject, subjectId, fromStatus, toStatus, reason }: InferEntity<typeof OrderHistory>) {
  return {
    at: at.toISOString(),
    type: 'status' as const,
    subject,
    id: subjectId,
    from: fromStatus ?? null,
    to: toStatus,
    reason: reason ?? null,
  };
}

function callEntry({ startedAt, operation, subjectId, endedAt, outcome, detail }: InferEntity<typeof GatewayCall>) {
  return {
    at: startedAt.toISOString(),
    type: 'gateway_call' as const,
    operation,
    subject_id: subjectId,
    ended_at: endedAt?.toISOString() ?? null,
    outcome: outcome ?? null,
    detail: detail ?? null,
  };
}

function eventEntry({ at, id, type, version }: InferEntity<typeof EventLog>) {
  return { at: at.toISOString(), type: 'event' as const, id, event: type, version };
}
