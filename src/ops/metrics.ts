import type { Observed } from './backlog.ts';

/** How an attempt ended: it is done, it will be tried again, or it has failed for good. */
export type Outcome = 'done' | 'retried' | 'failed';

/** An attempt that has ended; `seconds` is how long it ran. */
export type EndedAttempt = Readonly<{ queue: string; kind: string; outcome: Outcome; seconds: number }>;

/** What a process counts and measures. */
export type Metrics = Readonly<{
  noteAttempt(ended: EndedAttempt): void;
  /** Everything as Prometheus text. It answers, with less, also while MySQL or Redis is away. */
  text(): Promise<string>;
}>;

/** Opens the metrics of a process. What counts and measures is loaded when there is something to count, or somebody asks. */
export function openMetrics(observed: Observed): Metrics {
  let opened: Promise<Metrics> | undefined;
  const open = () => (opened ??= import('./registry.ts').then(({ openRegistry }) => openRegistry(observed)));
  return {
    noteAttempt: (ended) => void open().then((metrics) => metrics.noteAttempt(ended)),
    text: async () => (await open()).text(),
  };
}
