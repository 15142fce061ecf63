import { z } from 'zod';
import type { JobContext } from '../../context.ts';
import { noteSent, prepareMail } from '../../accounts/verifications.ts';
import { defineJob } from '../define-job.ts';
import { mails as queue } from '../queues.ts';

/**
 * Sends the mail that somebody has asked for. The link's token is made here and stands nowhere but in the mail. A run that is
 * repeated finds that the mail was sent; one that had stopped in between makes another link, and only the last one is good.
 */
export const sendVerification = defineJob(
  {
    kind: 'send-verification',
    summary: 'Send the mail for a new password, or to confirm an address.',
    queue,
    payload: z.object({ verification_id: z.uuid() }),
    result: z.object({ sent: z.boolean() }),
    attempts: 8,
    backoffMs: 1_000,
    maxBackoffMs: 60_000,
    timeoutMs: 30_000,
    // Two at once would mail two links, of which only one is good.
    coalesceBy: ({ verification_id }) => verification_id,
  },
  async ({ payload: { verification_id: id }, signal }, { transaction, accounts, now }: JobContext) => {
    const due = await transaction((tx) => prepareMail(tx, id, now()));
    if (!due) return { sent: false };
    await accounts.sendLink(due, signal);
    await transaction((tx) => noteSent(tx, id, now()));
    return { sent: true };
  },
);
