import { BadConfig, readConfig } from '../config.ts';
import { openContext } from '../context.ts';
import { isSchemaCurrent, ping, waitForDatabase } from '../mysql/database.ts';
import { listenForHealth } from '../process/health.ts';
import { queues } from '../jobs/queues.ts';
import { sweepUntil } from '../outbox/sweep.ts';
import { patientRedis } from '../redis/connection.ts';
import { finishStart, onShutdown, outliveRejections, refuse, startWith } from '../process/life.ts';
import { requireAccounts } from '../accounts/seed.ts';
import { readDrain } from '../ops/drain.ts';
import { openMetrics } from '../ops/metrics.ts';
import { openCallRecorder } from '../ops/record-calls.ts';
import { openHistoryRecorder } from '../ops/record-history.ts';
import { countAttempts, recordEnds } from './record-ends.ts';
import { runQueue } from './run-queue.ts';
import { keepRedis } from './keep-redis.ts';
import { judgeAlerts } from './judge-alerts.ts';
import { keepTicks } from './keep-ticks.ts';
import { tellWebhooks } from './tell-webhooks.ts';
import { openStation, openWatch } from './watch-progress.ts';

// One worker process: the queues named as arguments, or all of them.
const config = await startWith(async () => readConfig());
const names = process.argv.slice(2);
const unknown = names.filter((name) => !queues.some((queue) => queue.name === name));
if (unknown.length > 0)
  refuse(
    new BadConfig(`no queue is called ${unknown.join(', ')}; there are ${queues.map(({ name }) => name).join(', ')}`),
  );

const context = await startWith(() => openContext(config, 'worker'));
outliveRejections(context.log);
await startWith(() => waitForDatabase(context.orm));
await startWith(async () => {
  if (await isSchemaCurrent(context.orm)) await requireAccounts(context.orm.em.fork(), config);
});
const stopping = new AbortController();
const connection = patientRedis(config);
const metrics = openMetrics(context);
const history = openHistoryRecorder(context);
const calls = openCallRecorder(context);
const stations = queues
  .filter(({ name }) => names.length === 0 || names.includes(name))
  .map((queue) =>
    openStation(queue.name, () => {
      const worker = runQueue(queue, config.concurrency[queue.name] ?? queue.concurrency, connection, context);
      countAttempts(worker, metrics);
      recordEnds(worker, history);
      return worker;
    }),
  );
const workers = () => stations.map((station) => station.worker());
const watch = openWatch(stations, context);
const tasks = [
  sweepUntil(stopping.signal, context.orm, context.events.relay, context.log),
  keepRedis(context, stopping.signal),
  history.run(stopping.signal),
  calls.run(stopping.signal),
  tellWebhooks(context, stopping.signal),
  judgeAlerts(context, stopping.signal),
  ...(stations.some(({ queue }) => queue === 'finnhub') ? [keepTicks(context, stopping.signal)] : []),
  watch.run(stopping.signal, (queue) => {
    context.log.fatal({ queue }, 'a new worker fetches none either; ending, to be started again');
    process.exit(1);
  }),
];

await startWith(() =>
  listenForHealth(config, {
    metrics: metrics.text,
    autoscale: (queue) => readDrain(context, queue),
    liveness: () => !watch.isStuck(),
    async readiness() {
      if (stopping.signal.aborted) return { isReady: false, reason: 'draining' };
      await ping(context.orm);
      if (!(await isSchemaCurrent(context.orm))) return { isReady: false, reason: 'schema_behind' };
      const isReady = context.redis.status === 'ready' && workers().every((worker) => worker.isRunning());
      return { isReady, reason: 'Redis is away' };
    },
  }),
);
context.log.info({ queues: stations.map(({ queue }) => queue) }, 'worker ready');

onShutdown(config, context.log, {
  drain: () => stopping.abort(),
  async close(leftMs) {
    // Past half the time allowed, attempts are cut off by their signals; another worker takes their jobs up at once.
    const cut = setTimeout(() => workers().forEach((worker) => worker.cancelAllJobs('shutdown')), leftMs / 2);
    await Promise.all([...workers().map((worker) => worker.close()), ...tasks]);
    clearTimeout(cut);
    await Promise.all([history.write(), calls.write()]);
    await context.close();
  },
});
finishStart();
