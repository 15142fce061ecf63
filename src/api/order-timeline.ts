import type { EntityManager, InferEntity } from '@mikro-orm/mysql';
import { EventLog } from '../entities/event-log.entity.ts';
import { GatewayCall } from '../entities/gateway-call.entity.ts';
import { OrderHistory } from '../entities/order-history.entity.ts';
import { orders } from '../streams/orders.stream.ts';
import { type TimedPlace, placeId, placesOf } from './cursor.ts';

// What bears the same millisecond stands in the order of causes: a call, what it changed, what was announced of it.
const turns = { call: 1, change: 2, event: 3 } as const;
type Kind = keyof typeof turns;

/** The places of entries: their rank in a moment is the turn of their kind, and their own id or number within it. */
export const Entries = placesOf(/^(1-[\da-f-]{36}|[23]-\d{1,15})$/);

/** State changes, talks with the gateway and events of an order, oldest first: at most `limit` of them after a place. */
export async function readTimeline(em: EntityManager, order: string, after: TimedPlace | undefined, limit: number) {
  const page = { limit, disableIdentityMap: true } as const;
  const told = after && { id: toldOf(after, 'call', '', 'z', String), ...numbersTold(after) };
  const calls = await em.find(
    GatewayCall,
    { order, ...(told && { $or: [{ startedAt: { $gt: after.at } }, { startedAt: after.at, id: { $gt: told.id } }] }) },
    { ...page, orderBy: { startedAt: 'asc', id: 'asc' } },
  );
  const changes = await em.find(
    OrderHistory,
    { order, ...(told && { $or: [{ at: { $gt: after.at } }, { at: after.at, id: { $gt: told.change } }] }) },
    { ...page, orderBy: { at: 'asc', id: 'asc' } },
  );
  const subject = { stream: orders.name, subject: order };
  const events = await em.find(
    EventLog,
    { ...subject, ...(told && { $or: [{ at: { $gt: after.at } }, { at: after.at, version: { $gt: told.event } }] }) },
    { ...page, orderBy: { at: 'asc', version: 'asc' } },
  );
  return [...calls.map(callEntry), ...changes.map(changeEntry), ...events.map(eventEntry)]
    .toSorted((a, b) => a.entry.at.localeCompare(b.entry.at))
    .slice(0, limit);
}

/** The last of a kind that has been told at the place's moment: the `least` before the kind's turn, the `most` after it. */
function toldOf<Id>({ rank }: TimedPlace, kind: Kind, least: Id, most: Id, read: (text: string) => Id): Id {
  const turn = Number(rank.slice(0, 1));
  if (turn === turns[kind]) return read(rank.slice(2));
  return turn < turns[kind] ? least : most;
}

function numbersTold(after: TimedPlace): Readonly<{ change: number; event: number }> {
  const numberOf = (kind: Kind) => toldOf(after, kind, 0, Number.MAX_SAFE_INTEGER, Number);
  return { change: numberOf('change'), event: numberOf('event') };
}

function changeEntry({ id, at, subject, subjectId, fromStatus, toStatus, reason }: InferEntity<typeof OrderHistory>) {
  const entry = {
    at: at.toISOString(),
    type: 'status' as const,
    subject,
    id: subjectId,
    from: fromStatus ?? null,
    to: toStatus,
    reason: reason ?? null,
  };
  return { id: placeId({ at, rank: `${turns.change}-${id}` }), entry };
}

function callEntry(call: InferEntity<typeof GatewayCall>) {
  const { id, startedAt, operation, subjectId, endedAt, outcome, detail } = call;
  const entry = {
    at: startedAt.toISOString(),
    type: 'gateway_call' as const,
    operation,
    subject_id: subjectId,
    ended_at: endedAt?.toISOString() ?? null,
    outcome: outcome ?? null,
    detail: detail ?? null,
  };
  return { id: placeId({ at: startedAt, rank: `${turns.call}-${id}` }), entry };
}

function eventEntry({ at, id, type, version }: InferEntity<typeof EventLog>) {
  const entry = { at: at.toISOString(), type: 'event' as const, id, event: type, version };
  return { id: placeId({ at, rank: `${turns.event}-${version}` }), entry };
}
