import { Gauge, Registry, collectDefaultMetrics, Counter, Histogram } from 'prom-client';
import { z } from 'zod';
import type { MikroORM } from '@mikro-orm/mysql';
import type { Redis } from 'ioredis';
import type { Producer } from '../jobs/enqueue.ts';
import type { Definitions } from '../jobs/load-definitions.ts';
import type { Tails } from '../streams/tail.ts';
import { within } from '../process/deadline.ts';
import { OutboxMessage } from '../entities/outbox.entity.ts';

/** What is looked at of a process. */
export type Observed = Readonly<{
  orm: MikroORM;
  redis: Redis;
  jobs: Pick<Producer, 'queues'> & Readonly<{ definitions: Definitions }>;
  events: Readonly<{ tails: Tails }>;
}>;

// The pool of mysql2 says how it is only in fields of its own, of which these three have stood for years.
const Pool = z.object({
  _allConnections: z.object({ length: z.number() }),
  _freeConnections: z.object({ length: z.number() }),
  _connectionQueue: z.object({ length: z.number() }),
});
const Backlog = z.tuple([z.object({ waiting: z.coerce.number(), seconds: z.coerce.number() })]);

/** Adds what is looked up at each scrape. The answer looks it all up; what does not come within the patience is left out. */
export function addGauges(registry: Registry, observed: Observed, patienceMs: number): () => Promise<void> {
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

/** What has not been sent yet: how much, and the age of the oldest. */
export async function readBacklog({ orm }: Pick<Observed, 'orm'>) {
  const em = orm.em.fork();
  const { tableName } = em.getMetadata(OutboxMessage);
  // On the database's clock, against which other processes can be wrong.
  const answer: unknown = await em.execute(
    `select count(*) as waiting,
       coalesce(timestampdiff(microsecond, min(created_at), utc_timestamp(3)), 0) / 1000000 as seconds
     from ${tableName}`,
  );
  return Backlog.parse(answer)[0];
}

/** How many entries each stream holds, and how far its followers in this process are behind its end, if there are any. */
export async function readStreams({
  redis,
  jobs: { definitions },
  events: { tails },
}: Pick<Observed, 'redis' | 'jobs' | 'events'>) {
  return Promise.all(
    [...definitions.streams.keys()].map(async (name) => {
      const [[newest], length] = await Promise.all([redis.xrevrange(name, '+', '-', 'COUNT', 1), redis.xlen(name)]);
      const behindMs = tails.behindMs(name, newest?.[0] ?? '0-0');
      return { name, length, lagSeconds: behindMs === undefined ? undefined : behindMs / 1_000 };
    }),
  );
}

async function readPool({ orm }: Observed): Promise<Record<string, number>> {
  const client: unknown = await orm.em.getDriver().getConnection().getNativeClient();
  const { _allConnections: all, _freeConnections: free, _connectionQueue: queue } = Pool.parse(client);
  return { busy: all.length - free.length, free: free.length, waiting: queue.length };
}

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

// A scraper gives up after ten seconds, and a probe of the same port must not wait for a frozen Redis.
const patienceMs = 1_000;

/** Opens the metrics of a process. Labels are of fixed sets only: no id, symbol or address ever is one. */
export function openMetrics(context: Observed): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 20 });
  const registers = [registry];
  const tries = new Counter({
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
  const refresh = addGauges(registry, context, patienceMs);
  return {
    noteAttempt({ queue, kind, outcome, seconds: ran }) {
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
async function queueText({ jobs }: Pick<Observed, 'jobs'>): Promise<string> {
  const exporting = [...jobs.queues.values()].map((queue) =>
    within(patienceMs, 'Redis', queue.exportPrometheusMetrics()).catch(() => ''),
  );
  const lines = new Set((await Promise.all(exporting)).flatMap((text) => text.split('\n')).filter(Boolean));
  const families = Map.groupBy(lines, (line) => /^(?:# (?:HELP|TYPE) )?(\w+)/.exec(line)?.[1]);
  return [...families.values()].flat().join('\n').concat('\n');
}
