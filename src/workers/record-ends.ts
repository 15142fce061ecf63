import type { Metrics, Outcome } from '../ops/metrics.ts';
import type { HistoryRecorder } from '../ops/record-history.ts';
import type { QueueWorker } from './run-queue.ts';

type EndedIn = Readonly<{ timestamp: number; opts: Readonly<{ delay?: number }>; finishedOn?: number | undefined }>;

/** Has every job recorded that ends in this worker for good, with how long that took from when it was due. */
export function recordEnds(worker: QueueWorker, { note }: Pick<HistoryRecorder, 'note'>): void {
  const record = ({ timestamp, opts: { delay = 0 }, finishedOn }: EndedIn, isDone: boolean) => {
    if (finishedOn === undefined) return;
    note({ queue: worker.name, isDone, tookMs: finishedOn - timestamp - delay, endedAtMs: finishedOn });
  };
  worker.on('completed', (job) => record(job, true));
  worker.on('failed', (job) => job && record(job, false));
}

type Attempted = Readonly<{ name: string; processedOn?: number | undefined; finishedOn?: number | undefined }>;

/** Has every attempt that this worker ends counted. One that only had to wait for a rate limit was none. */
export function countAttempts(worker: QueueWorker, metrics: Metrics): void {
  const note = ({ name, processedOn, finishedOn }: Attempted, outcome: Outcome) => {
    const ranMs = processedOn === undefined ? 0 : (finishedOn ?? processedOn) - processedOn;
    metrics.noteAttempt({ queue: worker.name, kind: name, outcome, seconds: ranMs / 1_000 });
  };
  worker.on('completed', (job) => note(job, 'done'));
  // Only the last of a job's attempts finishes it.
  worker.on('failed', (job) => job && note(job, job.finishedOn === undefined ? 'retried' : 'failed'));
}
