import { z } from 'zod';

/** The jobs that are asked for about webhooks; what they do stands in their own files. */
export const webhookJobs = {
  deliver: { kind: 'deliver-webhooks', payload: z.object({ webhook_id: z.uuid() }) },
  test: { kind: 'test-webhook', payload: z.object({ webhook_id: z.uuid() }) },
  /** What stands in the log after one position, up to another one. */
  replay: {
    kind: 'replay-webhook',
    payload: z.object({ webhook_id: z.uuid(), after: z.int().nonnegative(), until: z.int().nonnegative() }),
  },
} as const;
