import { z } from 'zod';

/** The job that webhooks ask for, by a transaction of theirs; what it does stands in its own file. */
export const webhookJobs = {
  mailPaused: { kind: 'mail-paused-webhook', payload: z.object({ webhook_id: z.uuid() }) },
} as const;
