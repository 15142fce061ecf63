import { Gauge, Registry, collectDefaultMetrics, Counter, Histogram } from 'prom-client';
import { within } from '../process/deadline.ts';
import { type Observed, readBacklog, readPool, readStreams } from './backlog.ts';
import type { Metrics } from './metrics.ts';

// A scraper gives up after ten seconds, and a probe of the same port must not wait for a frozen Redis.
const patienceMs = 1_000;

/** Opens prom-client's registry with all that is told of a process. Labels are of fixed sets only: no id, symbol or address ever is one. */
export function openRegistry(observed: Observed): Metrics {
  const registry = new Registry();
  let isMeasured = false;
  const registers = [registry];
  const attempts = new Counter({
    name: 'orderflow_job_tries_total',
    help: 'Attempts that this worker has ended, by how: done, retried or failed.',
    labelNames: ['queue', 'kind', 'outcome'],
    registers,
  });
  const seconds = new Histogram({
    name: 'orderflow_job_seconds',
    help: 'How long attempts ran in this worker.',
    labelNames: ['queue', 'kind'],
    buckets: [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers,
  });
  const refresh = addGauges(registry, observed);
  return {
    noteAttempt({ queue, kind, outcome, seconds: ran }) {
      attempts.inc({ queue, kind, outcome });
      seconds.observe({ queue, kind }, ran);
    },
    async text() {
      // Measuring the event loop wakes the process fifty times a second; where nobody asks, it is left alone.
      if (!isMeasured) collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 20 });
      isMeasured = true;
      const [queues] = await Promise.all([queueText(observed), refresh()]);
      return `${await registry.metrics()}${queues}`;
    },
  };
}

/** Adds what is looked up at each scrape. The answer looks it all up; what does not come within the patience is left out. */
function addGauges(registry: Registry, observed: Observed): () => Promise<void> {
  const gauge = (name: string, help: string, ...labelNames: string[]) =>
    new Gauge({ name, help, labelNames, registers: [registry] });
  const up = gauge('orderflow_up', 'Whether MySQL and Redis answered this scrape.', 'part');
  const rows = gauge('orderflow_outbox_rows', 'Committed jobs that have not been sent yet.');
  const lag = gauge('orderflow_outbox_lag_seconds', 'Age of the oldest of them.');
  const lengths = gauge('orderflow_stream_length', 'Entries of each stream.', 'stream');
  const behind = gauge('orderflow_stream_lag_seconds', 'How far followers in this process are behind.', 'stream');
  const followers = gauge('orderflow_stream_followers', 'Clients that follow a stream in this process.');
  const pool = gauge('orderflow_mysql_pool', 'Connections to MySQL of this process, and who waits for one.', 'state');

  const look = async <T>(part: string, read: () => Promise<T>) => {
    const value = await within(patienceMs, part, read()).catch(() => undefined);
    up.set({ part }, value === undefined ? 0 : 1);
    return value;
  };
  return async () => {
    // Before the look at MySQL, which takes a connection itself.
    const connections = await within(patienceMs, 'MySQL', readPool(observed)).catch(() => ({}));
    for (const [state, count] of Object.entries(connections)) pool.set({ state }, count);
    followers.set(observed.events.tails.count());
    const [backlog, streams] = await Promise.all([
      look('mysql', () => readBacklog(observed)),
      look('redis', () => readStreams(observed)),
    ]);
    rows.remove();
    lag.remove();
    lengths.reset();
    behind.reset();
    if (backlog) rows.set(backlog.waiting);
    if (backlog) lag.set(backlog.seconds);
    for (const { name: stream, length, lagSeconds } of streams ?? []) {
      lengths.set({ stream }, length);
      if (lagSeconds !== undefined) behind.set({ stream }, lagSeconds);
    }
  };
}

/** BullMQ's own export of every queue. It describes its metrics once a queue; a family stands together and is described once. */
async function queueText({ jobs }: Pick<Observed, 'jobs'>): Promise<string> {
  const exporting = [...jobs.queues.values()].map((queue) =>
    within(patienceMs, 'Redis', queue.exportPrometheusMetrics()).catch(() => ''),
  );
  const lines = new Set((await Promise.all(exporting)).flatMap((text) => text.split('\n')).filter(Boolean));
  const families = Map.groupBy(lines, (line) => /^(?:# (?:HELP|TYPE) )?(\w+)/.exec(line)?.[1]);
  return [...families.values()].flat().join('\n').concat('\n');
}
