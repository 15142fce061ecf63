import { z } from '@hono/zod-openapi';
import type { InferEntity } from '@mikro-orm/mysql';
import { DeadLetter } from '../../entities/ops.entity.ts';
import type { Job } from '../../jobs/define-job.ts';
import { boardUrl, exampleJob, isJobId } from './job-view.ts';
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
    queue: z.string().nullable().openapi({ description: 'null: the kind is defined no more.' }),
    job_id: z.string(),
    job_url: z.string().nullable().openapi({ description: 'Where the job can be read for a day after it gave up.' }),
    board_url: z.string().nullable().openapi({ description: 'Where it is on Bull Board, as long.' }),
    payload: z.unknown().openapi({ description: 'A sentence in brackets, where it could not be kept.' }),
    reason: z.string(),
    attempts: z.int(),
    died_at: z.string(),
    replayed_at: z.string().nullable(),
    replay_job_id: z.string().nullable(),
    replay_job_url: z.string().nullable(),
  })
  .openapi('DeadLetter');
const LetterList = z.object({ data: z.array(Letter), next_cursor: z.string().nullable() }).openapi('DeadLetterList');
const example = {
  id: '019341d2-0000-7000-8000-00000000000a',
  kind: 'sync-products',
  queue: 'catalog',
  job_id: exampleJob.id,
  job_url: `/jobs/${exampleJob.id}`,
  board_url: boardUrl('catalog', exampleJob.id),
  payload: {},
  reason: 'GiveUp: the feed is no list of products',
  attempts: 4,
  died_at: '2026-11-22T10:00:00.000Z',
  replayed_at: null,
  replay_job_id: null,
  replay_job_url: null,
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
        kind: z.string().trim().max(100).optional().openapi({ example: 'charge-order' }),
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
    const { jobs } = c.var.ctx.jobs.definitions;
    return c.json({ data: page.map((letter) => letterView(letter, jobs.get(letter.kind))), next_cursor }, 200);
  },
);

function letterView(letter: InferEntity<typeof DeadLetter>, job: Job | undefined): z.input<typeof Letter> {
  const { id, kind, jobId, payload, reason, attempts, diedAt, replayedAt, replayJobId } = letter;
  return {
    id,
    kind,
    queue: job?.queue.name ?? null,
    job_id: jobId,
    job_url: jobUrl(jobId),
    board_url: job && jobId !== '' ? boardUrl(job.queue.name, jobId) : null,
    payload: payloadOf(payload),
    reason,
    attempts,
    died_at: diedAt.toISOString(),
    replayed_at: replayedAt?.toISOString() ?? null,
    replay_job_id: replayJobId ?? null,
    replay_job_url: jobUrl(replayJobId ?? ''),
  };
}

function jobUrl(id: string): string | null {
  return isJobId(id) ? `/jobs/${id}` : null;
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
      jobs: { definitions, findJoined },
      market,
      now,
    } = c.var.ctx;
    return answerOnce(c, request, async (tx, after) => {
      const body = await replayDead(tx, after, { ...request, jobs: definitions.jobs, findJoined, market, at: now() });
      await audit(c, tx, { after: body });
      return { status: 200, body };
    });
  },
);

/** What gave up, and another chance for it. */
export const routes = [list, replay];
