import { readConfig } from '../config.ts';
import { openContext } from '../context.ts';
import { isSchemaCurrent, waitForDatabase, readinessOf } from '../mysql/database.ts';
import { listenForHealth, listen } from '../process/health.ts';
import { finishStart, onShutdown, outliveRejections, startWith } from '../process/life.ts';
import { patientRedis } from '../redis/connection.ts';
import { requireAccounts } from '../accounts/seed.ts';
import { readDrain } from '../ops/drain.ts';
import { openMetrics } from '../ops/metrics.ts';
import { openJobAnswers } from '../jobs/answers.ts';
import { buildApp } from './app.ts';
import { openResponseCache } from './http/response-cache.ts';
import { endingOf } from './end-server.ts';
import { serveApi } from './serve-api.ts';

// One API process. It starts, and takes orders, also while Redis is away.
const config = await startWith(async () => readConfig());
const context = await startWith(() => openContext(config, 'api'));
outliveRejections(context.log);
await startWith(() => waitForDatabase(context.orm));
// With a schema that is behind, `/readyz` says so; the table of users may not be there to look at.
await startWith(async () => {
  if (await isSchemaCurrent(context.orm)) await requireAccounts(context.orm.em.fork(), config);
});
const readiness = readinessOf(context);
const answers = openJobAnswers(context.jobs, patientRedis(config));
// Whoever is counted, traced or written down in the log passes the routes.
const isWatched =
  config.RATE_LIMIT_ANONYMOUS_PER_MINUTE > 0 ||
  config.RATE_LIMIT_BURST > 0 ||
  config.tracesUrl !== undefined ||
  context.log.isLevelEnabled('debug');
const front = isWatched ? undefined : openResponseCache();
const app = await startWith(() => buildApp(context, { readiness, answers, front }));
const metrics = openMetrics(context);
await startWith(() =>
  listenForHealth(config, {
    readiness: readiness.check,
    metrics: metrics.text,
    autoscale: (queue) => readDrain(context, queue),
  }),
);
const at = { port: config.PORT, host: config.bindHost, portName: 'PORT', hostName: 'HOST' };
const server = await startWith(() => listen(serveApi({ fetch: app.fetch, front, publicUrl: config.publicUrl }), at));
const ending = endingOf(server);
context.log.info({ url: config.publicUrl }, 'API ready');

onShutdown(config, context.log, {
  drain() {
    readiness.drain();
    ending.drain();
  },
  serveOn: (mostMs) => ending.untilQuiet(mostMs),
  async close(leftMs) {
    context.events.tails.close();
    // Who waits for a job is told where to find it, instead of nothing.
    answers.endWaits();
    // Requests under way get half the time; who still holds a connection then does not read its answer.
    await ending.close(leftMs / 2);
    await answers.close();
    await context.close();
  },
});
finishStart();
