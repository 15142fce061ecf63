import { type BatchEnded, batches, type CallEnded, calls } from '../telemetry/measures.ts';
import type { MetricsParts } from './backlog.ts';

/** How an attempt ended: it is done, it will be tried again, or it has failed for good. */
export const outcomes = ['done', 'retried', 'failed'] as const;
export type Outcome = (typeof outcomes)[number];

/** An attempt that has ended; `seconds` is how long it ran. */
export type EndedAttempt = Readonly<{ queue: string; kind: string; outcome: Outcome; seconds: number }>;

/** What a process counts and measures. */
export type Metrics = Readonly<{
  noteAttempt(ended: EndedAttempt): void;
  noteBatch(ended: BatchEnded): void;
  noteCall(ended: CallEnded): void;
  /** Everything as Prometheus text. It answers, with less, also while MySQL or Redis is away. */
  text(): Promise<string>;
}>;

/** Opens the metrics of a process. What counts and measures is loaded when there is something to count, or somebody asks. */
export function openMetrics(observed: MetricsParts): Metrics {
  let opened: Promise<Metrics> | undefined;
  const open = () => (opened ??= import('./registry.ts').then(({ openRegistry }) => openRegistry(observed)));
  const metrics: Metrics = {
    noteAttempt: (ended) => void open().then((opening) => opening.noteAttempt(ended)),
    noteBatch: (ended) => void open().then((opening) => opening.noteBatch(ended)),
    noteCall: (ended) => void open().then((opening) => opening.noteCall(ended)),
    text: async () => (await open()).text(),
  };
  batches.listen(metrics.noteBatch);
  calls.listen(metrics.noteCall);
  return metrics;
}
