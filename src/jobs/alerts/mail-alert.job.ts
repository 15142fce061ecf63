import { z } from 'zod';
import { alertJobs } from '../../alerts/jobs.ts';
import { mailOf, noteMailed } from '../../alerts/mail.ts';
import type { JobContext } from '../../context.ts';
import { defineJob } from '../define-job.ts';
import { mails as queue } from '../queues.ts';

/** Mails that an alert has fired. A run that is repeated finds that it was mailed; one that had stopped in between mails it again. */
export const mailAlert = defineJob(
  {
    ...alertJobs.mail,
    summary: 'Mail somebody that their alert has fired.',
    queue,
    result: z.object({ sent: z.boolean() }),
    attempts: 8,
    backoffMs: 1_000,
    maxBackoffMs: 60_000,
    timeoutMs: 30_000,
    coalesceBy: ({ alert_id, firing }) => `${alert_id}-${firing}`,
  },
  async ({ payload, signal }, { em, transaction, accounts, now }: JobContext) => {
    const mail = accounts.mailer && (await mailOf(em, payload, now()));
    if (!mail) return { sent: false };
    await accounts.mailer?.send(mail, signal);
    await transaction((tx) => noteMailed(tx, payload, now()));
    return { sent: true };
  },
);
