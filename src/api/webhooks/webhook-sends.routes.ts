import { z } from '@hono/zod-openapi';
import type { EntityManager } from '@mikro-orm/mysql';
import { EventLog } from '../../entities/outbox.entity.ts';
import { Problem } from '../../errors.ts';
import { replayWebhook } from '../../jobs/webhooks/replay-webhook.job.ts';
import { testWebhook } from '../../jobs/webhooks/test-webhook.job.ts';
import { choosers, readWishes } from '../../webhooks/endpoint.ts';
import { lastPosition, positionBefore, type Stretch } from '../../webhooks/replay.ts';
import { audit } from '../callers/audit.ts';
import { type Answer, answerOnce, IdempotencyHeaders, strayBody } from '../http/answer-once.ts';
import { defineRoute } from '../http/define-route.ts';
import { Uuid } from '../http/fields.ts';
import { endOf } from '../http/span.ts';
import { JobView, unsentJobView } from '../ops/job-view.ts';
import { ReplayRequest } from './webhook-request.ts';
import { exampleWebhook } from './webhook-view.ts';
import { namedWebhook, steeredWebhook } from './webhooks.routes.ts';

const params = z.object({ id: Uuid.openapi({ example: exampleWebhook.id }) });

type AskedJob = Parameters<typeof unsentJobView>[1];

/** What an operation answers that has asked for a job. */
function accepted(job: AskedJob) {
  const createdAt = new Date(Date.UTC(2026, 10, 22, 10));
  const example = unsentJobView({ id: '019341d2-0000-7000-8000-000000000008', createdAt }, job);
  return {
    202: {
      description: 'The job.',
      headers: z.object({ Location: z.string() }),
      content: { 'application/json': { schema: JobView, example } },
    },
    409: { description: 'idempotency_key_in_use' },
    422: { description: 'invalid, idempotency_key_reused' },
  };
}

function askedFor(job: AskedJob, id: string, createdAt: Date): Answer {
  return { status: 202, body: unsentJobView({ id, createdAt }, job), location: `/jobs/${id}` };
}

const test = defineRoute(
  'user',
  {
    method: 'post',
    path: '/webhooks/{id}/test',
    operationId: 'testWebhook',
    summary: "Sends a webhook an event of the type `webhook.test` now; the job's result says what was answered.",
    tags: ['webhooks'],
    request: { params, headers: IdempotencyHeaders },
    responses: { ...accepted(testWebhook), 413: { description: 'too_large' } },
  },
  async (c) => {
    const { id } = await namedWebhook(c);
    return answerOnce(c, await strayBody(c), async (tx, after) => {
      await audit(c, tx);
      return askedFor(testWebhook, after.enqueue(testWebhook, { webhook_id: id }), c.var.ctx.now());
    });
  },
  namedWebhook,
);

const replay = defineRoute(
  'user',
  {
    method: 'post',
    path: '/webhooks/{id}/replay',
    operationId: 'replayWebhook',
    summary: 'Sends once more one event, or all that a webhook is told of a time, with the ids they had.',
    tags: ['webhooks'],
    request: {
      params,
      headers: IdempotencyHeaders,
      body: {
        required: true,
        content: { 'application/json': { schema: ReplayRequest, example: { from: '2026-11-22T10:00:00.000Z' } } },
      },
    },
    responses: { ...accepted(replayWebhook), 403: { description: "forbidden: everybody's events" } },
  },
  async (c) => {
    const request = c.req.valid('json');
    const { id } = await steeredWebhook(c);
    return answerOnce(c, request, async (tx, after) => {
      const stretch = await stretchOf(tx, id, request);
      await audit(c, tx, { after: request });
      return askedFor(replayWebhook, after.enqueue(replayWebhook, { webhook_id: id, ...stretch }), c.var.ctx.now());
    });
  },
  steeredWebhook,
);

/** The part of the log that is asked for. @throws Problem invalid when the webhook is not told of the event. */
async function stretchOf(
  tx: EntityManager,
  id: string,
  { event_id: eventId, from, to }: z.output<typeof ReplayRequest>,
): Promise<Stretch> {
  if (eventId === undefined) {
    // A moment is of the stretch itself. Where no end is named, no clock says what has happened: one that was ahead is in the log.
    const beyond = to === undefined ? undefined : new Date(endOf(to).getTime() + 1);
    const until = beyond === undefined ? await lastPosition(tx) : await positionBefore(tx, beyond);
    return { after: from === undefined ? until : await positionBefore(tx, new Date(from)), until };
  }
  const event = await tx.findOne(EventLog, { id: eventId, position: { $ne: null } }, { disableIdentityMap: true });
  const isTold = event && choosers(await readWishes(tx, id))(event).length > 0;
  if (!isTold || !event.position)
    throw new Problem('invalid', 'The webhook is not told of such an event.', {
      errors: [{ pointer: '/event_id', detail: 'must be the id of an event that this webhook is told of' }],
    });
  return { after: event.position - 1, until: event.position };
}

/** Trying a webhook, and having it told again. */
export const routes = [test, replay];
