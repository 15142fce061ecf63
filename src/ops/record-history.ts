import { QueueMinute } from '../entities/ops.entity.ts';
import { lengthOf } from './lengths.ts';
import { type MinuteSums, openMinuteSums, type Recording } from './minute-sums.ts';

/** A job that has ended and will not be tried again; `tookMs` counts from when it was due. */
export type EndedJob = Readonly<{ queue: string; isDone: boolean; tookMs: number; endedAtMs: number }>;

/** What a worker process records of the jobs that end in it. */
export type HistoryRecorder = Omit<MinuteSums, 'add'> & Readonly<{ note(ended: EndedJob): void }>;

/** Opens it. Several processes add to the same rows. */
export function openHistoryRecorder(recording: Recording): HistoryRecorder {
  const { add, ...sums } = openMinuteSums(recording, {
    entity: QueueMinute,
    key: ['queue', 'length'],
    sums: ['done', 'failed'],
  });
  return {
    ...sums,
    note: ({ queue, isDone, tookMs, endedAtMs }) => add(endedAtMs, [queue, lengthOf(tookMs)], isDone ? [1, 0] : [0, 1]),
  };
}
