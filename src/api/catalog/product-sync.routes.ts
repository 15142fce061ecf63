import { z } from '@hono/zod-openapi';
import { Problem } from '../../errors.ts';
import { findJob } from '../../jobs/find-jobs.ts';
import { explainWaits } from '../../ops/explain-waits.ts';
import { answerOnce, IdempotencyHeaders, strayBody } from '../http/answer-once.ts';
import { audit } from '../callers/audit.ts';
import { defineRoute } from '../http/define-route.ts';
import { JobView, jobView } from '../ops/job-view.ts';
import { startSync } from './sync-feed.ts';

const exampleJob = {
  id: '019341d2-0000-7000-8000-000000000005',
  kind: 'sync-products',
  queue: 'catalog',
  state: 'waiting' as const,
  attempts: 0,
  created_at: '2026-11-22T10:00:00.000Z',
  started_at: null,
  finished_at: null,
};

const sync = defineRoute(
  'admin',
  {
    method: 'post',
    path: '/products/sync',
    operationId: 'syncProducts',
    summary: 'Reads the product feed now, or joins the reading under way.',
    tags: ['products'],
    request: { headers: IdempotencyHeaders },
    responses: {
      202: {
        description: 'The job.',
        headers: z.object({ Location: z.string() }),
        content: { 'application/json': { schema: JobView, example: exampleJob } },
      },
      409: { description: 'idempotency_key_in_use' },
      413: { description: 'too_large' },
      422: { description: 'invalid, idempotency_key_reused' },
      503: { description: 'not_configured or unavailable' },
    },
  },
  async (c) => {
    const { ctx } = c.var;
    return answerOnce(c, await strayBody(c), async (tx) => {
      await audit(c, tx);
      const id = await startSync(ctx, { force: true });
      const found = await findJob(ctx.jobs, id, explainWaits(ctx)).catch(() => undefined);
      if (!found)
        throw new Problem('unavailable', 'The sync has begun; how it goes cannot be read at the moment.', {
          headers: { 'retry-after': '2' },
        });
      return { status: 202, body: jobView(found), location: `/jobs/${id}` };
    });
  },
);

/** Reading the product feed on request. */
export const routes = [sync];
