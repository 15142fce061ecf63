import { z } from '@hono/zod-openapi';
import { AuditEntry } from '../entities/audit-entry.entity.ts';
import { readCursor } from './cursor.ts';
import { defineRoute } from './define-route.ts';
import { cutPage, PageQuery } from './page.ts';

const EntryView = z
  .object({
    id: z.string(),
    at: z.string(),
    user_id: z.int(),
    action: z.string(),
    queue: z.string().nullable().openapi({ description: 'null: every queue.' }),
    job_id: z.string().nullable(),
    status: z.int().nullable().openapi({ description: 'The answer it got; null when nobody knows.' }),
    request_id: z.string(),
  })
  .openapi('AuditEntry');
const EntryList = z.object({ data: z.array(EntryView), next_cursor: z.string().nullable() }).openapi('AuditList');
const example = {
  id: '019341d2-0000-7000-8000-00000000000b',
  at: '2026-11-22T10:00:00.000Z',
  user_id: 2,
  action: 'PUT pause',
  queue: 'payments',
  job_id: null,
  status: 200,
  request_id: '7f2c1e9a-4b7e-4c59-9a3e-1f0c8f1d2b3a',
};

const list = defineRoute(
  'admin',
  {
    method: 'get',
    path: '/audit',
    operationId: 'listAudit',
    summary: 'Who has changed what by hand of the queues and their jobs, newest first.',
    tags: ['jobs'],
    request: { query: z.object(PageQuery) },
    responses: {
      200: {
        description: 'A page of changes.',
        content: { 'application/json': { schema: EntryList, example: { data: [example], next_cursor: null } } },
      },
    },
  },
  async (c) => {
    const { cursor, limit } = c.req.valid('query');
    const before = cursor === undefined ? {} : { id: { $lt: readCursor('audit', cursor) } };
    const page = { orderBy: { id: 'desc' }, limit: limit + 1, disableIdentityMap: true } as const;
    const rows = cutPage('audit', await c.var.ctx.orm.em.fork().find(AuditEntry, before, page), limit);
    const data = rows.page.map(({ id, at, userId, action, queue, jobId, status, requestId }) => ({
      id,
      at: at.toISOString(),
      user_id: userId,
      action,
      queue: queue ?? null,
      job_id: jobId ?? null,
      status: status ?? null,
      request_id: requestId,
    }));
    return c.json({ data, next_cursor: rows.next_cursor }, 200);
  },
);

/** Changes made by hand. */
export const routes = [list];
