import { serve } from '@hono/node-server';
import { readConfig } from '../config.ts';
import { openContext } from '../context.ts';
import { isSchemaCurrent, waitForDatabase } from '../database.ts';
import { serveHealth } from '../health.ts';
import { onShutdown, startWith } from '../process-life.ts';
import { patientRedis } from '../redis-connection.ts';
import { requireAdministrator } from '../seed.ts';
import { openMetrics } from '../telemetry/metrics.ts';
import { openJobAnswers } from './answer-later.ts';
import { buildApp } from './app.ts';
import { readinessOf } from './readiness.ts';

// One API process. It starts, and takes orders, also while Redis is away.
const config = await startWith(async () => readConfig());
const context = await startWith(() => openContext(config, 'api'));
await startWith(() => waitForDatabase(context.orm));
// With a schema that is behind, `/readyz` says so; the table of users may not be there to look at.
await startWith(async () => {
  if (await isSchemaCurrent(context.orm)) await requireAdministrator(context.orm.em.fork(), config);
});
const readiness = readinessOf(context);
const answers = openJobAnswers(context.producer, patientRedis(config));
const app = await startWith(() => buildApp({ ...context, readiness, answers }));
// Who sends a request slower than this is not served: a request takes milliseconds, and each holds a connection.
const serverOptions = { headersTimeout: 10_000, requestTimeout: 20_000, connectionsCheckingInterval: 5_000 };
const server = serve({ fetch: app.fetch, hostname: config.bindHost, port: config.PORT, serverOptions }, () =>
  context.log.info({ url: config.publicUrl }, 'API ready'),
);
const metrics = openMetrics(context);
if (config.HEALTH_PORT)
  serveHealth(config.HEALTH_PORT, config.bindHost, { readiness: readiness.check, metrics: metrics.text });

onShutdown(config, context.log, async () => {
  readiness.drain();
  context.tails.close();
  const closed = new Promise((resolve) => server.close(resolve));
  // A connection whose answer has ended would be kept alive for seconds.
  const idle = setInterval(() => 'closeIdleConnections' in server && server.closeIdleConnections(), 50);
  // Requests under way get half the time; who still holds a connection then does not read its answer.
  const cut = setTimeout(
    () => 'closeAllConnections' in server && server.closeAllConnections(),
    config.SHUTDOWN_SECONDS * 500,
  );
  await closed;
  clearInterval(idle);
  clearTimeout(cut);
  await answers.close();
  await context.close();
});
