import { randomUUIDv7 } from 'node:crypto';
import type { z } from 'zod';
import { unsentMails } from '../accounts/verifications.ts';
import { unmailedFirings } from '../alerts/mail.ts';
import type { Context } from '../context.ts';
import { type JobContract, jobData } from '../jobs/define-job.ts';
import type { QueuedJob } from '../jobs/enqueue.ts';
import { sendVerification } from '../jobs/accounts/send-verification.job.ts';
import { mailAlert } from '../jobs/alerts/mail-alert.job.ts';
import { mailPausedWebhook } from '../jobs/webhooks/mail-paused-webhook.job.ts';
import { pausedOfLate } from '../webhooks/pause.ts';

// Of each kind, the newest: more would keep those waiting who ask for a link now.
const mostMails = 10_000;
const batch = 500;

/**
 * Asks once more for the mails that MySQL does not know to be sent, after Redis may have lost the jobs that were to send them, and returns
 * how many those are. A job that Redis still holds is joined, and one for a mail that was sent sends none; only that a webhook is paused
 * may be mailed again.
 */
export async function askForMails({ config, jobs, orm, now }: Pick<Context, 'config' | 'jobs' | 'orm' | 'now'>) {
  if (config.SMTP_URL === undefined) return 0;
  const [em, at] = [orm.em.fork(), now()];
  const links = await unsentMails(em, at, mostMails);
  const firings = await unmailedFirings(em, at, mostMails);
  const paused = await pausedOfLate(em, at, mostMails);
  const asked = [
    ...links.map((id) => ask(sendVerification, { verification_id: id })),
    ...firings.map((which) => ask(mailAlert, which)),
    ...paused.map((id) => ask(mailPausedWebhook, { webhook_id: id })),
  ];
  for (let from = 0; from < asked.length; from += batch) await jobs.enqueueAll(asked.slice(from, from + batch));
  return asked.length;
}

function ask<P extends z.ZodType>(job: JobContract<P>, payload: z.input<P>): QueuedJob {
  return { job, id: randomUUIDv7(), payload: jobData(job, job.payload.parse(payload)) };
}
