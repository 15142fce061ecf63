import { z } from 'zod';
import type { JobContext } from '../../context.ts';
import { webhookJobs } from '../../webhooks/jobs.ts';
import { replay } from '../../webhooks/replay.ts';
import { defineJob } from '../define-job.ts';
import { webhooks as queue } from '../queues.ts';

/** Has an endpoint told again of a part of the log, a thousand events a job. A second run tells them once more. */
export const replayWebhook = defineJob(
  {
    ...webhookJobs.replay,
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
      if (rest) after.enqueue(webhookJobs.replay, { webhook_id: id, ...rest });
      return rest;
    });
    return { is_last: left === undefined };
  },
);
