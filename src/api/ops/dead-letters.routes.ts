import { z } from '@hono/zod-openapi';
import type { InferEntity } from '@mikro-orm/mysql';
import { DeadLetter } from '../../entities/ops.entity.ts';
import { answerOnce, IdempotencyHeaders } from '../http/answer-once.ts';
import { audit } from '../callers/audit.ts';
import { AfterUuid, readCursor, cutPage, PageQuery } from '../http/page.ts';
import { defineRoute } from '../http/define-route.ts';
import { Time } from '../../process/moment.ts';
import { payloadOf, replayDead } from '../../ops/dead-letters.ts';

const Letter = z
  .object({
    id: z.string(),
    kind: z.string(),
    job_id: z.string(),
    payload: z.unknown().openapi({ description: 'A sentence in brackets, where it could not be kept.' }),
    reason: z.string(),
    attempts: z.int(),
    died_at: z.string(),
    replayed_at: z.string().nullable(),
    replay_job_id: z.string().nullable(),
  })
  .openapi('DeadLetter');
const LetterList = z.object({ data: z.array(Letter), next_cursor: z.string().nullable() }).openapi('DeadLetterList');
const example = {
  id: '019341d2-0000-7000-8000-00000000000a',
  kind: 'sync-products',
  job_id: '019341d2-0000-7000-8000-000000000003',
  payload: {},
  reason: 'GiveUp: the feed is no list of products',
  attempts: 4,
  died_at: '2026-11-22T10:00:00.000Z',
  replayed_at: null,
  replay_job_id: null,
};

const list = defineRoute(
  'operator',
  {
    method: 'get',
    path: '/dead-letters',
    operationId: 'listDeadLetters',
    summary: 'Jobs that gave up, newest first, each with its reason.',
    tags: ['jobs'],
    request: {
      query: z.object({
        kind: z.string().max(100).optional().openapi({ example: 'charge-order' }),
        replayed: z.enum(['true', 'false']).optional(),
        ...PageQuery,
      }),
    },
    responses: {
      200: {
        description: 'A page of dead letters.',
        content: { 'application/json': { schema: LetterList, example: { data: [example], next_cursor: null } } },
      },
    },
  },
  async (c) => {
    const { kind, replayed, cursor, limit } = c.req.valid('query');
    const listName = `dead-letters:${kind ?? ''}:${replayed ?? ''}`;
    const rows = await c.var.ctx.orm.em.fork().find(
      DeadLetter,
      {
        ...(kind === undefined ? {} : { kind }),
        ...(replayed === undefined ? {} : { replayedAt: replayed === 'true' ? { $ne: null } : null }),
        ...(cursor === undefined ? {} : { id: { $lt: readCursor(listName, cursor, AfterUuid) } }),
      },
      { orderBy: { id: 'desc' }, limit: limit + 1, disableIdentityMap: true },
    );
    const { page, next_cursor } = cutPage(listName, rows, limit);
    return c.json({ data: page.map(letterView), next_cursor }, 200);
  },
);

function letterView(letter: InferEntity<typeof DeadLetter>): z.input<typeof Letter> {
  const { id, kind, jobId, payload, reason, attempts, diedAt, replayedAt, replayJobId } = letter;
  return {
    id,
    kind,
    job_id: jobId,
    payload: payloadOf(payload),
    reason,
    attempts,
    died_at: diedAt.toISOString(),
    replayed_at: replayedAt?.toISOString() ?? null,
    replay_job_id: replayJobId ?? null,
  };
}

const ReplayRequest = z
  .strictObject({
    ids: z.array(z.uuid()).min(1).max(100).optional(),
    kind: z.string().min(1).max(100).optional(),
    before: Time.optional().openapi({ description: 'Only those that gave up before.' }),
    dry_run: z.boolean().default(false).openapi({ description: 'Only says which would be replayed.' }),
    limit: z.int().min(1).max(100).default(20),
  })
  .openapi('ReplayRequest');
const Replay = z
  .object({
    dry_run: z.boolean(),
    matching: z.int().openapi({ description: 'Not replayed yet, before this request.' }),
    data: z.array(z.object({ id: z.string(), kind: z.string(), job_id: z.string().nullable() })),
  })
  .openapi('Replay');

const replay = defineRoute(
  'admin',
  {
    method: 'post',
    path: '/dead-letters/replay',
    operationId: 'replayDeadLetters',
    summary: 'Queues dead jobs again, the oldest first, each once ever, at most `limit` at a time.',
    tags: ['jobs'],
    request: {
      headers: IdempotencyHeaders,
      body: {
        required: false,
        content: { 'application/json': { schema: ReplayRequest, example: { kind: 'sync-products', dry_run: true } } },
      },
    },
    responses: {
      200: {
        description: 'What was, or would be, replayed.',
        content: {
          'application/json': {
            schema: Replay,
            example: { dry_run: true, matching: 1, data: [{ id: example.id, kind: example.kind, job_id: null }] },
          },
        },
      },
      409: { description: 'idempotency_key_in_use' },
      422: { description: 'invalid, idempotency_key_reused' },
    },
  },
  (c) => {
    const request = c.req.valid('json');
    const {
      jobs: { definitions },
      now,
    } = c.var.ctx;
    return answerOnce(c, request, async (tx, after) => {
      const body = await replayDead(tx, after, { ...request, jobs: definitions.jobs, at: now() });
      await audit(c, tx, { after: body });
      return { status: 200, body };
    });
  },
);

/** What gave up, and another chance for it. */
export const routes = [list, replay];
