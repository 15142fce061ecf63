import { z } from 'zod';
import type { JobContext } from '../../context.ts';
import { replay } from '../../webhooks/replay.ts';
import { defineJob } from '../define-job.ts';
import { webhooks as queue } from '../queues.ts';

/** A webhook, and what stands in the log after one position, up to another one. */
const request = {
  kind: 'replay-webhook',
  payload: z.object({ webhook_id: z.uuid(), after: z.int().nonnegative(), until: z.int().nonnegative() }),
} as const;

/** Has an endpoint told again of a part of the log, a thousand events a job. A second run tells them once more. */
export const replayWebhook = defineJob(
  {
    ...request,
    summary: 'Tell one endpoint again what happened in a stretch of the log.',
    queue,
    result: z.object({ is_last: z.boolean() }),
    attempts: 10,
    backoffMs: 1_000,
    timeoutMs: 15_000,
  },
  async ({ payload: { webhook_id: id, ...stretch } }, { transaction, now }: JobContext) => {
    const left = await transaction(async (tx, after) => {
      const rest = await replay(tx, id, stretch, now());
      if (rest) after.enqueue(request, { webhook_id: id, ...rest });
      return rest;
    });
    return { is_last: left === undefined };
  },
);
