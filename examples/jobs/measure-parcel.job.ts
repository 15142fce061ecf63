// Renaming a kind, 1 of 2: the new name, under which everybody asks from now on; see examples/rename-kind.ts.
import { z } from 'zod';
import { defineJob } from '../../src/jobs/define-job.ts';
import { upkeep as queue } from '../../src/jobs/queues.ts';

/** Tells the volume of a parcel. It was called weigh-parcel. */
export const measureParcel = defineJob(
  {
    kind: 'measure-parcel',
    summary: 'Tell the volume of a parcel in litres.',
    queue,
    payload: z.object({ sides_cm: z.tuple([z.number(), z.number(), z.number()]) }),
    result: z.object({ litres: z.number() }),
    attempts: 3,
    backoffMs: 500,
    timeoutMs: 10_000,
  },
  // It may run twice: it only reckons.
  async ({ payload: { sides_cm } }) => ({ litres: sides_cm.reduce((product, side) => product * side, 1) / 1_000 }),
);
