import { z } from '@hono/zod-openapi';
import type { Context } from '../../context.ts';
import { Payment, Refund } from '../../entities/payments.entity.ts';
import { Problem } from '../../errors.ts';
import { jobStates } from '../../jobs/find-jobs.ts';
import { type Position, positionOf, searchJobs } from '../../jobs/search-jobs.ts';
import { queues } from '../../jobs/queues.ts';
import { explainWaits } from '../../ops/explain-waits.ts';
import { spellingsOf } from '../../market/symbol.ts';
import { readCursor, writeCursor, PageQuery } from '../http/page.ts';
import { defineRoute } from '../http/define-route.ts';
import { isUuid } from '../http/fields.ts';
import { exampleOrder } from '../docs/examples.ts';
import { exampleJob, JobView, jobView } from './job-view.ts';

const JobList = z.object({ data: z.array(JobView), next_cursor: z.string().nullable() }).openapi('JobList');

const search = defineRoute(
  'operator',
  {
    method: 'get',
    path: '/jobs',
    operationId: 'searchJobs',
    summary: 'Jobs of the last day, newest first: by kind, by state, by what they are about.',
    tags: ['jobs'],
    request: {
      query: z.object({
        kind: z.string().trim().max(100).optional().openapi({ example: 'charge-order' }),
        key: z.string().trim().min(1).max(100).optional().openapi({
          description: 'An order, a payment, a refund, a symbol: whatever stands in the payload; or the id of a job.',
          example: exampleOrder.id,
        }),
        state: z.enum(jobStates).optional(),
        ...PageQuery,
      }),
    },
    responses: {
      200: {
        description: 'A page of jobs.',
        content: { 'application/json': { schema: JobList, example: { data: [exampleJob], next_cursor: null } } },
      },
    },
  },
  async (c) => {
    const { kind, key, state, cursor, limit } = c.req.valid('query');
    const { ctx } = c.var;
    const known = kind === undefined ? undefined : ctx.jobs.definitions.jobs.get(kind);
    const listName = `jobs:${kind ?? ''}:${key ?? ''}:${state ?? ''}`;
    const found = await searchJobs(
      { ...ctx, explain: explainWaits(ctx) },
      {
        // A kind that is not defined any more may still have jobs, wherever they are.
        queues: known ? [known.queue.name] : queues.map(({ name }) => name),
        kind,
        keys: key === undefined ? undefined : spellingsOf(key),
        state,
        ids: key === undefined ? [] : await jobsAbout(ctx, key),
        before: cursor === undefined ? undefined : readCursor(listName, cursor, AfterJob),
        limit,
      },
    ).catch((cause: unknown) => {
      if (cause instanceof Problem) throw cause;
      throw new Problem('unavailable', 'Jobs cannot be searched at the moment.', {
        cause,
        headers: { 'retry-after': '2' },
      });
    });
    const page = found.slice(0, limit);
    const last = found.length > limit ? page.at(-1) : undefined;
    const next_cursor = last ? writeCursor(listName, cursorText(positionOf(last))) : null;
    return c.json({ data: page.map(jobView), next_cursor }, 200);
  },
);

/** The jobs that MySQL knows to be about an order, a payment or a refund, or the job itself. */
async function jobsAbout({ orm }: Context, key: string): Promise<readonly string[]> {
  if (!isUuid(key)) return [];
  const about = { $or: [{ order: key }, { id: key }] };
  const newest = { orderBy: { id: 'desc' }, limit: 20, fields: ['jobId'], disableIdentityMap: true } as const;
  const em = orm.em.fork();
  const known = [...(await em.find(Payment, about, newest)), ...(await em.find(Refund, about, newest))];
  return [key, ...known.map(({ jobId }) => jobId)];
}

// A job's id is no UUID where a schedule made it: its place is written as its time and its id.
const AfterJob = z
  .string()
  .regex(/^\d{1,16} ./)
  .max(300)
  .transform((text): Position => {
    const at = text.indexOf(' ');
    return { atMs: Number(text.slice(0, at)), id: text.slice(at + 1) };
  });

function cursorText({ atMs, id }: Position): string {
  return `${atMs} ${id}`;
}

/** Finding jobs. */
export const routes = [search];
