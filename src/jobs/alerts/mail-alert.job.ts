import { z } from 'zod';
import { alertJobs } from '../../alerts/jobs.ts';
import { beginMail, giveMailBack, noteMailed } from '../../alerts/mail.ts';
import type { JobContext } from '../../context.ts';
import { defineJob } from '../define-job.ts';
import { mails as queue } from '../queues.ts';

/**
 * Mails that an alert has fired. A run that is repeated finds that it was mailed; one that had stopped in between mails it again, and
 * takes no second place among the mails of the hour.
 */
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
  async ({ payload, signal }, { transaction, accounts: { mailer }, now }: JobContext) => {
    const mail = mailer && (await transaction((tx) => beginMail(tx, payload)));
    if (!mail) return { sent: false };
    await mailer.send(mail, signal).catch(async (error: unknown) => {
      // Where this cannot be noted, the mail keeps its place for its next attempt, or for the hour.
      await transaction((tx) => giveMailBack(tx, payload)).catch(() => {});
      throw error;
    });
    await transaction((tx) => noteMailed(tx, payload, now()));
    return { sent: true };
  },
);
