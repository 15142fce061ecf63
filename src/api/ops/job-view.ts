import { z } from '@hono/zod-openapi';
import type { Job } from '../../jobs/define-job.ts';
import { type FoundJob, jobStates, storedMs } from '../../jobs/find-jobs.ts';
import { progressOf } from '../../jobs/stored-job.ts';
import { isUuid } from '../http/fields.ts';

const scheduledRun = /^repeat:[\w.^+-]{1,100}:\d{1,20}$/;

/** Whether a text can be the id of a job of ours at all; others are not looked up: ids are parts of Redis keys. */
export function isJobId(text: string): boolean {
  return isUuid(text) || isScheduledRun(text);
}

/** Whether an id is one that BullMQ gives to a run by schedule. */
export function isScheduledRun(id: string): boolean {
  return scheduledRun.test(id);
}

/** A job as the API shows it: never its payload, which may be another's. */
export const JobView = z
  .object({
    id: z.string(),
    kind: z.string(),
    queue: z.string(),
    state: z.enum(jobStates),
    attempts: z.int().openapi({ description: 'Attempts that have ended.' }),
    created_at: z.string(),
    started_at: z.string().nullable(),
    finished_at: z.string().nullable(),
    progress: z
      .object({ done: z.int(), total: z.int() })
      .optional()
      .openapi({ description: 'Of a kind that tells it, how far it has come: `sync-products` in rows of the feed.' }),
    board_url: z.string().optional().openapi({ description: 'Where operators see it on Bull Board.' }),
    result: z.unknown().optional(),
    error: z.string().optional(),
    waiting_because: z.string().optional(),
  })
  .openapi('Job');

/** A job, for the documentation. */
export const exampleJob = {
  id: '019341d2-0000-7000-8000-000000000003',
  kind: 'fetch-quote',
  queue: 'finnhub',
  state: 'completed' as const,
  attempts: 1,
  created_at: '2025-09-19T20:00:00.000Z',
  started_at: '2025-09-19T20:00:00.010Z',
  finished_at: '2025-09-19T20:00:00.210Z',
  board_url: '/admin/queues/queue/finnhub/019341d2-0000-7000-8000-000000000003',
  result: { symbol: 'AAPL', outcome: 'stored' },
};

/** Where operators see a job on Bull Board. */
export function boardUrl(queue: string, id: string): string {
  return `/admin/queues/queue/${queue}/${encodeURIComponent(id)}`;
}

/** The view of a job that Redis holds. */
export function jobView({ job, state, because }: FoundJob): z.input<typeof JobView> {
  const progress = progressOf(job.progress);
  return {
    id: job.id ?? '',
    kind: job.name,
    queue: job.queueName,
    state,
    attempts: job.attemptsMade,
    created_at: new Date(storedMs(job.timestamp)).toISOString(),
    started_at: timeOf(job.processedOn),
    finished_at: timeOf(job.finishedOn),
    ...(progress && { progress }),
    board_url: boardUrl(job.queueName, job.id ?? ''),
    ...(state === 'completed' ? { result: job.returnvalue } : {}),
    ...(state === 'failed' ? { error: (job.failedReason ?? 'failed').slice(0, 500) } : {}),
    ...(because === undefined ? {} : { waiting_because: because }),
  };
}

type Unsent = Readonly<{ id: string; createdAt: Date }>;

/** The view of a job that has not left MySQL yet. */
export function unsentJobView({ id, createdAt }: Unsent, { kind, queue }: Job): z.input<typeof JobView> {
  return {
    id,
    kind,
    queue: queue.name,
    state: 'waiting',
    attempts: 0,
    created_at: createdAt.toISOString(),
    started_at: null,
    finished_at: null,
    waiting_because: 'it is stored and on its way to the queue',
  };
}

function timeOf(ms: number | undefined): string | null {
  return ms === undefined ? null : new Date(storedMs(ms)).toISOString();
}

/** A job kind as the catalogue shows it. */
export const KindView = z
  .object({
    kind: z.string(),
    summary: z.string(),
    queue: z.string(),
    payload_schema: z.looseObject({}).openapi({ description: 'JSON Schema, draft 2020-12.' }),
    policy: z.object({
      attempts: z.int(),
      backoff_ms: z.int(),
      timeout_ms: z.int(),
      every_ms: z.int().optional(),
      coalesces: z.boolean().openapi({ description: 'Unfinished jobs for the same thing are one job.' }),
    }),
  })
  .openapi('JobKind');

/** The view of a kind, from its definition alone. */
export function kindView(job: Job): z.input<typeof KindView> {
  return {
    kind: job.kind,
    summary: job.summary,
    queue: job.queue.name,
    payload_schema: payloadSchema(job),
    policy: {
      attempts: job.attempts,
      backoff_ms: job.backoffMs,
      timeout_ms: job.timeoutMs,
      ...(job.everyMs === undefined ? {} : { every_ms: job.everyMs }),
      coalesces: job.coalesceBy !== undefined,
    },
  };
}

/** JSON Schema of what may be sent as the kind's payload. */
export function payloadSchema({ payload }: Job): Record<string, unknown> {
  return z.toJSONSchema(payload, { io: 'input', unrepresentable: 'any' });
}
