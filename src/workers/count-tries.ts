import type { Metrics, Outcome } from '../telemetry/metrics.ts';
import type { runQueue } from './run-queue.ts';

type Tried = Readonly<{ name: string; processedOn?: number | undefined; finishedOn?: number | undefined }>;

/** Has every try that this worker ends counted. One that only had to wait for a rate limit was none. */
export function countTries(worker: ReturnType<typeof runQueue>, metrics: Metrics): void {
  const note = ({ name, processedOn, finishedOn }: Tried, outcome: Outcome) => {
    const ranMs = processedOn === undefined ? 0 : (finishedOn ?? processedOn) - processedOn;
    metrics.noteTry({ queue: worker.name, kind: name, outcome, seconds: ranMs / 1_000 });
  };
  worker.on('completed', (job) => note(job, 'done'));
  // Only the last of a job's tries finishes it.
  worker.on('failed', (job) => job && note(job, job.finishedOn === undefined ? 'retried' : 'failed'));
}
