import type { Job } from '../ops/job.ts';
import { ask } from './ask-api.ts';
import { Refused } from './refused.ts';

const everyMs = 400;
const most = 75;

/** Waits until a job that was asked for has ended. @throws Refused when it failed, or takes longer than anybody sits there */
export async function awaitJob({ id }: Pick<Job, 'id'>): Promise<Job> {
  for (let count = 0; count < most; count += 1) {
    const job = await ask<Job>('GET', `/jobs/${id}`);
    if (job.state === 'completed') return job;
    if (job.state === 'failed') throw new Refused(200, job.error ?? 'The job has failed.');
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
  throw new Refused(200, 'It is still waiting to be done.');
}
