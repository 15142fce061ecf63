import type { EntityManager, InferEntity } from '@mikro-orm/mysql';
import { EventLog } from '../../entities/outbox.entity.ts';
import { GatewayCall, gatewayOperations } from '../../entities/payments.entity.ts';
import { OrderHistory, historySubjects } from '../../entities/orders.entity.ts';
import { orders } from '../../streams/orders.stream.ts';
import { type TimedPlace, placeId, placesOf, readCursor, cutPage, PageQuery } from '../http/page.ts';
import { z } from '@hono/zod-openapi';
import { defineRoute } from '../http/define-route.ts';
import { Uuid } from '../http/fields.ts';
import { exampleOrder } from '../docs/examples.ts';
import { namedOrder } from './orders.routes.ts';

// What bears the same millisecond stands in the order of causes: a call, what it changed, what was announced of it.
const turns = { call: 1, change: 2, event: 3 } as const;
type Kind = keyof typeof turns;

/** The places of entries: their rank in a moment is the turn of their kind, and their own id or number within it. */
export const Entries = placesOf(/^(1-[\da-f-]{36}|[23]-\d{1,15})$/);

/** State changes, talks with the gateway and events of an order, oldest first: at most `limit` of them after a place. */
async function readTimeline(em: EntityManager, order: string, after: TimedPlace | undefined, limit: number) {
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

/** Up to where a kind's entries of the place's moment have been told: `least`, when its turn is still to come, is none, `most` all. */
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

function eventEntry({ at, id, type, version, trace }: InferEntity<typeof EventLog>) {
  // A `traceparent` is `version-trace-span-flags`.
  const traceId = trace?.split('-')[1];
  const traced = traceId === undefined ? {} : { trace_id: traceId };
  const entry = { at: at.toISOString(), type: 'event' as const, id, event: type, version, ...traced };
  return { id: placeId({ at, rank: `${turns.event}-${version}` }), entry };
}

const at = z.string();
const Entry = z.discriminatedUnion('type', [
  z.object({
    at,
    type: z.literal('status'),
    subject: z.enum(historySubjects),
    id: z.string(),
    from: z.string().nullable(),
    to: z.string(),
    reason: z.string().nullable(),
  }),
  z.object({
    at,
    type: z.literal('gateway_call'),
    operation: z.enum(gatewayOperations),
    subject_id: z.string(),
    ended_at: z.string().nullable().openapi({ description: 'Null: nobody heard how it ended.' }),
    outcome: z.string().nullable(),
    detail: z.string().nullable(),
  }),
  z.object({
    at,
    type: z.literal('event'),
    id: z.string(),
    event: z.string(),
    version: z.int(),
    trace_id: z.string().optional().openapi({ description: 'Of what caused it, where traces are kept.' }),
  }),
]);
const Timeline = z.object({ data: z.array(Entry), next_cursor: z.string().nullable() }).openapi('Timeline');

const { id, payment, created_at } = exampleOrder;
const example = {
  data: [
    { at: created_at, type: 'status' as const, subject: 'order' as const, id, from: null, to: 'pending', reason: null },
    { at: created_at, type: 'event' as const, id: payment.id, event: 'order.created', version: 1 },
    {
      at: '2026-11-22T10:00:00.040Z',
      type: 'gateway_call' as const,
      operation: 'charge' as const,
      subject_id: payment.id,
      ended_at: '2026-11-22T10:00:00.290Z',
      outcome: 'succeeded',
      detail: null,
    },
  ],
  next_cursor: null,
};

const timeline = defineRoute(
  'user',
  {
    method: 'get',
    path: '/orders/{id}/timeline',
    operationId: 'readOrderTimeline',
    summary: 'Everything that happened to an order: states, attempts, talks with the gateway, events; in time order.',
    tags: ['orders'],
    request: { params: z.object({ id: Uuid.openapi({ example: id }) }), query: z.object(PageQuery) },
    responses: {
      200: {
        description: 'A page of the timeline, oldest first.',
        content: { 'application/json': { schema: Timeline, example } },
      },
      404: { description: 'not_found' },
    },
  },
  async (c) => {
    const order = await namedOrder(c);
    const { cursor, limit } = c.req.valid('query');
    const listName = `timeline:${order.id}`;
    const after = cursor === undefined ? undefined : readCursor(listName, cursor, Entries);
    const rows = await readTimeline(c.get('ctx').orm.em.fork(), order.id, after, limit + 1);
    const { page, next_cursor } = cutPage(listName, rows, limit);
    return c.json({ data: page.map(({ entry }) => entry), next_cursor }, 200);
  },
  namedOrder,
);

/** The life of an order. */
export const routes = [timeline];
