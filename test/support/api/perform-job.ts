import { randomUUID } from 'node:crypto';
import type { z } from 'zod';
import type { JobContext } from '../../../src/context.ts';
import type { Attempt, Job } from '../../../src/jobs/define-job.ts';

/** Runs one try of a job in this process. The payload passes through JSON first, as it does through Redis. */
export async function performJob<P extends z.ZodType, R extends z.ZodType>(
  job: Job<P, R>,
  payload: z.input<P>,
  ctx: JobContext,
  {
    id = randomUUID(),
    askedAtMs = Date.now(),
    signal = AbortSignal.timeout(job.timeoutMs),
    report = () => {},
  }: Partial<Omit<Attempt, 'payload'>> = {},
): Promise<z.output<R>> {
  const parsed = job.payload.parse(JSON.parse(JSON.stringify(payload)));
  return job.result.parse(await job.work({ id, payload: parsed, askedAtMs, signal, report }, ctx));
}
