import { BadConfig, readConfig } from '../config.ts';
import { openContext } from '../context.ts';
import { isSchemaCurrent, ping, waitForDatabase } from '../mysql/database.ts';
import { listenForHealth } from '../process/health.ts';
import { queues } from '../jobs/queues.ts';
import { sweepUntil } from '../outbox/sweep.ts';
import { patientRedis } from '../redis/connection.ts';
import { finishStart, onShutdown, outliveRejections, refuse, startWith } from '../process/life.ts';
import { requireAccounts } from '../accounts/seed.ts';
import { openMetrics } from '../ops/metrics.ts';
import { countAttempts, runQueue } from './run-queue.ts';
import { keepRedis } from './keep-redis.ts';

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
const workers = queues
  .filter(({ name }) => names.length === 0 || names.includes(name))
  .map((queue) => runQueue(queue, config.concurrency[queue.name] ?? queue.concurrency, connection, context));
const metrics = openMetrics(context);
for (const worker of workers) countAttempts(worker, metrics);
const sweeping = sweepUntil(stopping.signal, context.orm, context.events.relay, context.log);
const keeping = keepRedis(context, stopping.signal);

await startWith(() =>
  listenForHealth(config, {
    metrics: metrics.text,
    async readiness() {
      if (stopping.signal.aborted) return { isReady: false, reason: 'draining' };
      await ping(context.orm);
      if (!(await isSchemaCurrent(context.orm))) return { isReady: false, reason: 'schema_behind' };
      const isReady = context.redis.status === 'ready' && workers.every((worker) => worker.isRunning());
      return { isReady, reason: 'Redis is away' };
    },
  }),
);
context.log.info({ queues: workers.map(({ name }) => name) }, 'worker ready');

onShutdown(config, context.log, async () => {
  stopping.abort();
  // Past half the time allowed, attempts are cut off by their signals; another worker takes their jobs up.
  const cut = setTimeout(
    () => workers.forEach((worker) => worker.cancelAllJobs('shutdown')),
    config.SHUTDOWN_SECONDS * 500,
  );
  await Promise.all([...workers.map((worker) => worker.close()), sweeping, keeping]);
  clearTimeout(cut);
  await context.close();
});
finishStart();
