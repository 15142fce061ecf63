import { z } from 'zod';
import { defineJob } from '../../src/jobs/define-job.ts';
import { upkeep } from '../../src/jobs/queues.ts';

/** A job that does nothing but having been done. */
export const noted = defineJob(
  {
    kind: 'noted',
    summary: 'Be noted.',
    queue: upkeep,
    payload: z.object({ number: z.int() }),
    result: z.object({}),
    attempts: 10,
    backoffMs: 1,
    timeoutMs: 1_000,
  },
  async () => ({}),
);
