import { z } from 'zod';
import type { JobContext } from '../../context.ts';
import { webhookJobs } from '../../webhooks/jobs.ts';
import { mailOfPause } from '../../webhooks/pause.ts';
import { defineJob } from '../define-job.ts';
import { mails as queue } from '../queues.ts';

/**
 * Tells the owner of a webhook that the platform has paused it. A run that is repeated because its process stopped may send the mail
 * twice; one that comes after the webhook was resumed sends none.
 */
export const mailPausedWebhook = defineJob(
  {
    ...webhookJobs.mailPaused,
    summary: 'Tell the owner of a webhook by mail that it was paused, and why.',
    queue,
    result: z.object({ sent: z.boolean() }),
    attempts: 8,
    backoffMs: 1_000,
    maxBackoffMs: 60_000,
    timeoutMs: 30_000,
    coalesceBy: ({ webhook_id }) => webhook_id,
  },
  async ({ payload: { webhook_id: id }, signal }, { em, accounts }: JobContext) => {
    const mail = accounts.mailer && (await mailOfPause(em, id, accounts.publicUrl));
    if (!mail) return { sent: false };
    await accounts.mailer?.send(mail, signal);
    return { sent: true };
  },
);
