import { z } from '@hono/zod-openapi';
import { Problem } from '../../errors.ts';
import { spellingsOf } from '../../market/symbol.ts';
import { positionAfter, readLog } from '../../outbox/event-log.ts';
import { market } from '../../streams/market.stream.ts';
import { defineRoute } from '../http/define-route.ts';
import { exampleOrder } from '../docs/examples.ts';
import { wholeNumber } from '../http/fields.ts';

const EventView = z
  .object({
    id: z.string(),
    stream: z.string(),
    type: z.string(),
    version: z.int().openapi({ description: 'The number of the event among those of its subject: 1, 2, 3 …' }),
    schema: z.int(),
    time: z.string(),
    subject: z.string(),
    data: z.looseObject({}),
  })
  .openapi('Event');
const EventList = z.object({ data: z.array(EventView), next_cursor: z.string().nullable() }).openapi('EventList');

const id = '019341d2-0000-7000-8000-000000000004';
const example = {
  data: [
    {
      id,
      stream: 'orders',
      type: 'order.paid',
      version: 2,
      schema: 1,
      time: '2026-11-22T10:00:01.000Z',
      subject: exampleOrder.id,
      data: { order_id: exampleOrder.id, status: 'paid' },
    },
  ],
  next_cursor: null,
};

const dayMs = 24 * 3_600_000;

const list = defineRoute(
  'admin',
  {
    method: 'get',
    path: '/events',
    operationId: 'listEvents',
    summary: 'The durable log of all events, oldest first: what a lost stream is restored from.',
    tags: ['streams'],
    request: {
      query: z.object({
        after: z.uuid().optional().openapi({ description: 'The id of the last event that is known.', example: id }),
        subject: z.string().trim().min(1).max(100).optional().openapi({ example: exampleOrder.id }),
        limit: wholeNumber(1, 100).default(20),
      }),
    },
    responses: {
      200: { description: 'Events.', content: { 'application/json': { schema: EventList, example } } },
      422: { description: 'invalid' },
    },
  },
  async (c) => {
    const { after, subject, limit } = c.req.valid('query');
    const { orm, events, now } = c.var.ctx;
    // Whoever has just been answered finds what that caused. Without Redis the log is complete all the same.
    await events.relay.announce().catch(() => 0);
    const em = orm.em.fork();
    const kept = new Date(now().getTime() - market.loggedDays * dayMs);
    const position = after === undefined ? 0 : await positionAfter(em, after, kept);
    if (position === undefined)
      throw new Problem('invalid', 'There is no event of this id.', {
        errors: [{ pointer: 'after', detail: 'must be the id of an event' }],
      });
    const subjects = subject === undefined ? undefined : spellingsOf(subject);
    const rows = await readLog(em, { after: position, subjects, limit: limit + 1 });
    const data = rows.slice(0, limit).map((row) => ({
      id: row.id,
      stream: row.stream,
      type: row.type,
      version: row.version,
      schema: row.schema,
      time: row.at.toISOString(),
      subject: row.subject,
      data: toObject(row.data),
    }));
    return c.json({ data, next_cursor: rows.length > limit ? (data.at(-1)?.id ?? null) : null }, 200);
  },
);

function toObject(text: string): Record<string, unknown> {
  return z.record(z.string(), z.unknown()).parse(JSON.parse(text));
}

/** The event log. */
export const routes = [list];
