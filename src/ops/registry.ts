import { Counter, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import { within } from '../process/deadline.ts';
import type { MetricsParts } from './backlog.ts';
import { addGauges, patienceMs } from './gauges.ts';
import { type Metrics, outcomes } from './metrics.ts';

const seconds = [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Opens prom-client's registry with all that is told of a process. Labels are of fixed sets only: no id, symbol or address ever is one. */
export function openRegistry(observed: MetricsParts): Metrics {
  const registry = new Registry();
  let isMeasured = false;
  const registers = [registry];
  const attempts = new Counter({
    name: 'orderflow_job_tries_total',
    help: 'Attempts that this worker has ended, by how: done, retried or failed.',
    labelNames: ['queue', 'kind', 'outcome'],
    registers,
  });
  // What has never happened stands there as well, as none: of a line that begins with one nobody can tell that it has grown.
  for (const { kind, queue } of observed.jobs.definitions.jobs.values())
    for (const outcome of outcomes) attempts.inc({ queue: queue.name, kind, outcome }, 0);
  const ran = new Histogram({
    name: 'orderflow_job_seconds',
    help: 'How long attempts ran in this worker.',
    labelNames: ['queue', 'kind'],
    buckets: seconds,
    registers,
  });
  const together = new Histogram({
    name: 'orderflow_batch_members',
    help: 'How many committed together in this process.',
    labelNames: ['batch'],
    buckets: [1, 2, 5, 10, 20, 50, 100],
    registers,
  });
  const called = new Histogram({
    name: 'orderflow_gateway_seconds',
    help: 'How long calls to gateways took, by outcome.',
    labelNames: ['gateway', 'call', 'outcome'],
    buckets: seconds,
    registers,
  });
  const refresh = addGauges(registry, observed);
  return {
    noteAttempt({ queue, kind, outcome, seconds: took }) {
      attempts.inc({ queue, kind, outcome });
      ran.observe({ queue, kind }, took);
    },
    noteBatch: ({ batch, members }) => together.observe({ batch }, members),
    noteCall: ({ seconds: took, ...labels }) => called.observe(labels, took),
    async text() {
      // Measuring the event loop wakes the process fifty times a second; where nobody asks, it is left alone.
      if (!isMeasured) collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 20 });
      isMeasured = true;
      const [queues] = await Promise.all([queueText(observed), refresh()]);
      return `${await registry.metrics()}${queues}`;
    },
  };
}

/** BullMQ's own export of every queue. It describes its metrics once a queue; a family stands together and is described once. */
async function queueText({ jobs }: Pick<MetricsParts, 'jobs'>): Promise<string> {
  const exporting = [...jobs.queues.values()].map((queue) =>
    within(patienceMs, 'Redis', queue.exportPrometheusMetrics()).catch(() => ''),
  );
  const lines = new Set((await Promise.all(exporting)).flatMap((text) => text.split('\n')).filter(Boolean));
  const families = Map.groupBy(lines, (line) => /^(?:# (?:HELP|TYPE) )?(\w+)/.exec(line)?.[1]);
  return [...families.values()].flat().join('\n').concat('\n');
}
