import { z } from 'zod';
import type { JobContext } from '../../context.ts';
import { unlessTimedOut } from '../../process/deadline.ts';
import { tellEndpoint } from '../../webhooks/tell-endpoint.ts';
import { defineJob } from '../define-job.ts';
import { webhooks as queue } from '../queues.ts';

/**
 * Tells an endpoint its events. A second run, or one beside it, finds the endpoint claimed and does nothing; what a stopped one has left
 * is found by the workers when its claim is over.
 */
export const deliverWebhooks = defineJob(
  {
    kind: 'deliver-webhooks',
    summary: 'Tell one endpoint the events that wait for it, in order per subject.',
    queue,
    payload: z.object({ webhook_id: z.uuid() }),
    result: z.object({ delivered: z.int().nonnegative() }),
    attempts: 5,
    backoffMs: 1_000,
    timeoutMs: 30_000,
    // Workers ask for it while anything is due, also while the queue stands still for a day.
    coalesceBy: ({ webhook_id }) => webhook_id,
    // An endpoint is let go, and may be found due again, some moments before its job has ended.
    followsActive: true,
  },
  // No other begins while it runs, and MySQL may never answer it. What it does once it is answered does no harm: the claim is another's.
  async ({ payload, signal }, ctx: JobContext) => ({
    delivered: await unlessTimedOut(signal, () => tellEndpoint(ctx, payload.webhook_id, signal)),
  }),
);
