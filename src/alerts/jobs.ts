import { z } from 'zod';

/** The jobs that alerts ask for, by a transaction of theirs; what they do stands in their own files. */
export const alertJobs = {
  mail: {
    kind: 'mail-alert',
    payload: z.object({ alert_id: z.uuid(), firing: z.int().positive() }),
  },
} as const;
