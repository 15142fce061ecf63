import { collectDefaultMetrics, Counter, Histogram, Registry } from 'prom-client';
import type { Context } from '../context.ts';
import { within } from '../deadline.ts';
import { addGauges } from './gauges.ts';

/** How a try of a job ended: it is done, it will be tried again, or it has failed for good. */
export type Outcome = 'done' | 'retried' | 'failed';

/** A try of a job that has ended; `seconds` is how long it ran. */
export type EndedTry = Readonly<{ queue: string; kind: string; outcome: Outcome; seconds: number }>;

/** What a process counts and measures. */
export type Metrics = Readonly<{
  noteTry(ended: EndedTry): void;
  /** Everything as Prometheus text. It answers, with less, also while MySQL or Redis is away. */
  text(): Promise<string>;
}>;

// A scraper gives up after ten seconds, and a probe of the same port must not wait for a frozen Redis.
const patienceMs = 1_000;

/** Opens the metrics of a process. Labels are of fixed sets only: no id, symbol or address ever is one. */
export function openMetrics(context: Pick<Context, 'orm' | 'redis' | 'producer' | 'definitions' | 'tails'>): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 20 });
  const registers = [registry];
  const tries = new Counter({
    name: 'orderflow_job_tries_total',
    help: 'Tries of jobs that this worker has ended, by how: done, retried or failed.',
    labelNames: ['queue', 'kind', 'outcome'],
    registers,
  });
  const seconds = new Histogram({
    name: 'orderflow_job_seconds',
    help: 'How long tries of jobs ran in this worker.',
    labelNames: ['queue', 'kind'],
    buckets: [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers,
  });
  const refresh = addGauges(registry, context, patienceMs);
  return {
    noteTry({ queue, kind, outcome, seconds: ran }) {
      tries.inc({ queue, kind, outcome });
      seconds.observe({ queue, kind }, ran);
    },
    async text() {
      const [queues] = await Promise.all([queueText(context), refresh()]);
      return `${await registry.metrics()}${queues}`;
    },
  };
}

/** BullMQ's own export of every queue. It describes its metrics once a queue; a family stands together and is described once. */
async function queueText({ producer }: Pick<Context, 'producer'>): Promise<string> {
  const exporting = [...producer.queues.values()].map((queue) =>
    within(patienceMs, 'Redis', queue.exportPrometheusMetrics()).catch(() => ''),
  );
  const lines = new Set((await Promise.all(exporting)).flatMap((text) => text.split('\n')).filter(Boolean));
  const families = Map.groupBy(lines, (line) => /^(?:# (?:HELP|TYPE) )?(\w+)/.exec(line)?.[1]);
  return [...families.values()].flat().join('\n').concat('\n');
}
