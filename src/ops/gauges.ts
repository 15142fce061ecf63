import { Gauge, type Registry } from 'prom-client';
import { within } from '../process/deadline.ts';
import { type MetricsParts, readBacklog, readPool, readStreams, readWebhooks } from './backlog.ts';
import { readDrain } from './drain.ts';

/** A scraper gives up after ten seconds, and a probe of the same port must not wait for a frozen Redis. */
export const patienceMs = 1_000;

type Open = (name: string, help: string, ...labelNames: string[]) => Gauge;
/** Looks at one thing; undefined is what does not come within the patience. */
type Look = <T>(what: string, read: () => Promise<T>) => Promise<T | undefined>;
type Refresh = () => Promise<void>;

/** Adds what is looked up at each scrape. The answer looks it all up; what does not come in time is left out. */
export function addGauges(registry: Registry, observed: MetricsParts): Refresh {
  const open: Open = (name, help, ...labelNames) => new Gauge({ name, help, labelNames, registers: [registry] });
  const look: Look = (what, read) => within(patienceMs, what, read()).catch(() => undefined);
  const up = open('orderflow_up', 'Whether MySQL and Redis answered this scrape.', 'part');
  const lookAt: Look = async (part, read) => {
    const value = await look(part, read);
    up.set({ part }, value === undefined ? 0 : 1);
    return value;
  };
  const pool = addPool(open, look, observed);
  const others = [
    addOutbox(open, lookAt, observed),
    addWebhooks(open, look, observed),
    addStreams(open, lookAt, observed),
    addQueues(open, look, observed),
    addBudget(open, look, observed),
  ];
  return async () => {
    // Before the look at MySQL, which takes a connection itself.
    await pool();
    await Promise.all(others.map((refresh) => refresh()));
  };
}

function addPool(open: Open, look: Look, observed: MetricsParts): Refresh {
  const pool = open('orderflow_mysql_pool', 'Connections to MySQL of this process, and who waits for one.', 'state');
  return async () => {
    const connections = (await look('MySQL', () => readPool(observed))) ?? {};
    for (const [state, count] of Object.entries(connections)) pool.set({ state }, count);
  };
}

function addOutbox(open: Open, look: Look, observed: MetricsParts): Refresh {
  const rows = open('orderflow_outbox_rows', 'Committed jobs that have not been sent yet.');
  const lag = open('orderflow_outbox_lag_seconds', 'Age of the oldest of them.');
  return async () => {
    const backlog = await look('mysql', () => readBacklog(observed));
    rows.remove();
    lag.remove();
    if (backlog) rows.set(backlog.waiting);
    if (backlog) lag.set(backlog.seconds);
  };
}

function addWebhooks(open: Open, look: Look, observed: MetricsParts): Refresh {
  const webhooks = open('orderflow_webhooks', 'Webhooks, by whether they are well, failing or paused.', 'state');
  return async () => {
    const standings = await look('MySQL', () => readWebhooks(observed));
    webhooks.reset();
    for (const { state, count } of standings ?? []) webhooks.set({ state }, count);
  };
}

function addStreams(open: Open, look: Look, observed: MetricsParts): Refresh {
  const lengths = open('orderflow_stream_length', 'Entries of each stream.', 'stream');
  const behind = open('orderflow_stream_lag_seconds', 'How far followers in this process are behind.', 'stream');
  const followers = open('orderflow_stream_followers', 'Clients that follow a stream in this process.');
  return async () => {
    followers.set(observed.events.tails.count());
    const streams = await look('redis', () => readStreams(observed));
    lengths.reset();
    behind.reset();
    for (const { name: stream, length, lagSeconds } of streams ?? []) {
      lengths.set({ stream }, length);
      if (lagSeconds !== undefined) behind.set({ stream }, lagSeconds);
    }
  };
}

function addQueues(open: Open, look: Look, observed: MetricsParts): Refresh {
  const gauges = {
    jobs: open('orderflow_queue_jobs', 'What could be worked now: waiting, due and active; 0 while it rests.', 'queue'),
    seconds_to_drain: open('orderflow_queue_drain_seconds', 'How long its workers need for that.', 'queue'),
    oldest_seconds: open('orderflow_queue_age_seconds', 'Age of the job that has waited longest.', 'queue'),
    workers: open('orderflow_queue_workers', 'Processes that work the queue.', 'queue'),
  };
  const resting = open('orderflow_queue_resting', 'Whether the queue is paused or limited.', 'queue', 'why');
  return async () => {
    const read = async (name: string) => look('Redis', () => readDrain(observed, name));
    const drains = await Promise.all([...observed.jobs.queues.keys()].map(read));
    for (const gauge of [...Object.values(gauges), resting]) gauge.reset();
    for (const drain of drains) {
      if (!drain) continue;
      const { queue, state } = drain;
      gauges.jobs.set({ queue }, drain.jobs);
      gauges.seconds_to_drain.set({ queue }, drain.seconds_to_drain);
      gauges.oldest_seconds.set({ queue }, drain.oldest_seconds);
      gauges.workers.set({ queue }, drain.workers);
      for (const why of ['paused', 'limited'] as const) resting.set({ queue, why }, state === why ? 1 : 0);
    }
  };
}

/** Of the market data provider's plan, where there is a key. */
function addBudget(open: Open, look: Look, { market, config, now }: MetricsParts): Refresh {
  const calls = open('orderflow_budget_calls', "Calls within each window of the provider's plan.", 'window', 'what');
  const rest = open('orderflow_budget_rest_seconds', 'For how long no call may be made.');
  return async () => {
    const budget = config.FINNHUB_API_KEY === undefined ? undefined : await look('Redis', () => market.readBudget());
    calls.reset();
    rest.remove();
    if (!budget) return;
    for (const { name: window, limit, used, reserved } of budget.windows)
      for (const [what, count] of Object.entries({ limit, used, reserved })) calls.set({ window, what }, count);
    rest.set(Math.max(0, ((budget.restingUntilMs ?? 0) - now().getTime()) / 1_000));
  };
}
