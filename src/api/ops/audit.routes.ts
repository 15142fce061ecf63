import { readingEm } from '../../mysql/reading.ts';
import { hash } from 'node:crypto';
import { z } from '@hono/zod-openapi';
import type { EntityManager, InferEntity } from '@mikro-orm/mysql';
import { AuditEntry } from '../../entities/ops.entity.ts';
import { User } from '../../entities/accounts.entity.ts';
import { Email } from '../callers/credentials.ts';
import { AfterUuid, readCursor, cutPage, PageQuery } from '../http/page.ts';
import { defineRoute } from '../http/define-route.ts';
import { Moment } from '../../process/moment.ts';
import { endOf } from '../http/span.ts';
import { wholeNumber } from '../http/fields.ts';

const Facts = z.record(z.string(), z.unknown()).nullable();
const EntryView = z
  .object({
    id: z.string(),
    at: z.string(),
    actor: z.int().nullable().openapi({ description: 'The user; null: nobody known.' }),
    key_id: z.string().nullable().openapi({ description: 'The API key that acted for them.' }),
    address: z.string().nullable().openapi({ description: 'From where.' }),
    action: z
      .string()
      .openapi({ description: 'The id of the operation, as it stands here; on the board what it asked for.' }),
    subject: z.string().nullable().openapi({
      description: 'Of what: the id of a user, product, order, job, token or key, a symbol, or the name of a queue.',
    }),
    queue: z.string().nullable().openapi({ description: 'Of a change on the board; null: every queue.' }),
    before: Facts.openapi({
      description: 'The fields that changed, as they were; `…` hides what is secret or personal.',
    }),
    after: Facts,
    status: z.int().nullable().openapi({
      description: 'The answer; null: about to be made, another entry of this request tells the end.',
    }),
    code: z.string().nullable().openapi({ description: 'Why it was refused.' }),
    request_id: z.string(),
  })
  .openapi('AuditEntry');
const EntryList = z.object({ data: z.array(EntryView), next_cursor: z.string().nullable() }).openapi('AuditList');
const example = {
  id: '019341d2-0000-7000-8000-00000000000b',
  at: '2026-11-22T10:00:00.000Z',
  actor: 2,
  key_id: null,
  address: '192.0.2.7',
  action: 'changeUser',
  subject: '3',
  queue: null,
  before: { role: 'user' },
  after: { role: 'operator' },
  status: 200,
  code: null,
  request_id: '7f2c1e9a-4b7e-4c59-9a3e-1f0c8f1d2b3a',
};

const list = defineRoute(
  'operator',
  {
    method: 'get',
    path: '/audit',
    operationId: 'listAudit',
    summary: 'Who has changed what, or tried to, and from where, newest first.',
    tags: ['audit'],
    request: {
      query: z.object({
        actor: z
          .union([wholeNumber(1, 0xff_ff_ff_ff), Email])
          .optional()
          .openapi({ description: 'A user’s id, or e-mail.', example: 2 }),
        action: z.string().trim().min(1).max(191).optional().openapi({ example: 'changeUser' }),
        subject: z.string().trim().min(1).max(191).optional().openapi({ example: '3' }),
        from: Moment.optional().openapi({ example: '2026-11-22' }),
        to: Moment.optional().openapi({ description: 'A day is counted whole.' }),
        ...PageQuery,
      }),
    },
    responses: {
      200: {
        description: 'A page of entries.',
        content: { 'application/json': { schema: EntryList, example: { data: [example], next_cursor: null } } },
      },
    },
  },
  async (c) => {
    const { cursor, limit, actor, action, subject, from, to } = c.req.valid('query');
    const filters = JSON.stringify([actor, action, subject, from, to]);
    const listName = `audit:${hash('sha256', filters, 'base64url')}`;
    const em = readingEm(c.var.ctx.orm);
    const span = {
      ...(from === undefined ? {} : { $gte: new Date(from) }),
      ...(to === undefined ? {} : { $lte: endOf(to) }),
    };
    const rows = await em.find(
      AuditEntry,
      {
        ...(actor === undefined ? {} : { userId: await userOf(em, actor) }),
        ...(action === undefined ? {} : { action }),
        ...(subject === undefined ? {} : { subject }),
        at: span,
        ...(cursor === undefined ? {} : { id: { $lt: readCursor(listName, cursor, AfterUuid) } }),
      },
      { orderBy: { id: 'desc' }, limit: limit + 1, disableIdentityMap: true },
    );
    const { page, next_cursor } = cutPage(listName, rows, limit);
    return c.json({ data: page.map(entryView), next_cursor }, 200);
  },
);

/** A user's id; one that nobody has, for an e-mail that nobody has. */
async function userOf(em: EntityManager, actor: number | string): Promise<number> {
  if (typeof actor === 'number') return actor;
  const user = await em.findOne(User, { email: actor }, { fields: ['id'], disableIdentityMap: true });
  return user?.id ?? 0;
}

function entryView(row: InferEntity<typeof AuditEntry>): z.input<typeof EntryView> {
  return {
    id: row.id,
    at: row.at.toISOString(),
    actor: row.userId ?? null,
    key_id: row.keyId ?? null,
    address: row.address ?? null,
    action: row.action,
    subject: row.subject ?? null,
    queue: row.queue ?? null,
    before: factsOf(row.before),
    after: factsOf(row.after),
    status: row.status ?? null,
    code: row.code ?? null,
    request_id: row.requestId,
  };
}

function factsOf(text: string | null | undefined): z.input<typeof Facts> {
  return text ? z.record(z.string(), z.unknown()).parse(JSON.parse(text)) : null;
}

/** What was changed, and what was tried. */
export const routes = [list];
