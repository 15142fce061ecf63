import { z } from 'zod';
import type { JobContext } from '../../context.ts';
import { WebhookEndpoint } from '../../entities/webhooks.entity.ts';
import { GiveUp } from '../../errors.ts';
import { eventJson } from '../../streams/entry.ts';
import { isTaken } from '../../webhooks/round.ts';
import { callSigned } from '../../webhooks/tell-endpoint.ts';
import { webhookTest } from '../../webhooks/test-event.ts';
import { defineJob } from '../define-job.ts';
import { webhooks as queue } from '../queues.ts';

/** Sends an endpoint an event that stands for nothing, once, paused or not. A second run sends it again, with the same id. */
export const testWebhook = defineJob(
  {
    kind: 'test-webhook',
    summary: 'Send one endpoint a test event, and say what it answered.',
    queue,
    payload: z.object({ webhook_id: z.uuid() }),
    result: z.object({
      delivered: z.boolean(),
      response_status: z.int().nullable(),
      error: z.string().nullable(),
    }),
    attempts: 1,
    backoffMs: 1_000,
    timeoutMs: 15_000,
  },
  async ({ id, payload, askedAtMs, signal }, ctx: JobContext) => {
    const endpoint = await ctx.em.findOne(WebhookEndpoint, { id: payload.webhook_id, deletedAt: null });
    if (!endpoint) throw new GiveUp('there is no such webhook any more');
    const time = new Date(askedAtMs).toISOString();
    const { type, schema } = webhookTest;
    const data = webhookTest.data.parse({ webhook_id: endpoint.id });
    const body = eventJson({ id, type, version: 1, schema, time, subject: endpoint.id, data });
    const answer = await callSigned(ctx, endpoint, { id, body }, signal);
    // Who is cut off has heard nothing, and another asks again.
    if ('error' in answer) signal.throwIfAborted();
    return {
      delivered: isTaken({ answer }),
      response_status: 'status' in answer ? answer.status : null,
      error: 'error' in answer ? answer.error : null,
    };
  },
);
