import { z } from 'zod';
import { defineJob } from '../../../src/jobs/define-job.ts';
import { upkeep as queue } from '../../../src/jobs/queues.ts';

const loopMs = 10_000;

/** What the job does to the process that works it. */
const harms = {
  throw() {
    throw new Error('thrown');
  },
  message() {
    throw new Error('x'.repeat(1_048_576));
  },
  rejection() {
    void Promise.reject(new Error('nobody hears this'));
  },
  exit() {
    process.exit(1);
  },
  loop() {
    const endMs = performance.now() + loopMs;
    while (performance.now() < endMs);
  },
  heap() {
    const all: number[][] = [];
    for (;;) all.push(Array.from({ length: 100_000 }, (_, index) => index / 3));
  },
};

/** A job that no release has: it harms whoever works it. */
export const poison = defineJob(
  {
    kind: 'poison',
    summary: 'Do harm.',
    queue,
    payload: z.object({ harm: z.enum(['throw', 'message', 'rejection', 'exit', 'loop', 'heap']) }),
    result: z.object({}),
    attempts: 3,
    backoffMs: 100,
    timeoutMs: 60_000,
  },
  async ({ payload: { harm } }) => {
    harms[harm]();
    return {};
  },
);
