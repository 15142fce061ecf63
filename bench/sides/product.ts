import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import type { Stores } from '../servers.ts';
import { places, type Servers, serverVariables } from '../settings.ts';
import { answering, freePort, type Measured, startMeasured } from './processes.ts';
import type { Side } from './side.ts';

const root = join(import.meta.dirname, '..', '..');
const Granted = z.object({ access_token: z.string() });
// The flags that `npm start` and the image give to Node.
const { smallYoungGeneration } = z
  .object({ smallYoungGeneration: z.string() })
  .parse(await import(new URL('../../bin/start/node-parts.js', import.meta.url).href));
const database = places.product.MYSQL_DB;

/** How many processes, and variables beyond the usual. */
export type Shape = Readonly<{ apis?: number; workers?: number; variables?: Readonly<Record<string, string>> }>;

/** Orderflow: as many API and worker processes as are wanted, without limits on callers, and a gateway that asks nobody. */
export async function startProduct(
  servers: Servers,
  stores: Stores,
  upstream: string,
  { apis = 1, workers = 1, variables = {} }: Shape = {},
): Promise<Side> {
  const env = { ...productVariables(servers, upstream), ...variables };
  const log = join(servers.BENCH_FOLDER, 'product.log');
  const start = async (script: string, path: string) => {
    const [port, health] = [String(await freePort()), String(await freePort())];
    const own = { ...env, PORT: port, HEALTH_PORT: health };
    const started = startMeasured(process.execPath, [script], { env: own, cwd: root, log });
    await answering(`http://127.0.0.1:${path === 'api' ? port : health}/readyz`, started, log);
    return { process: started, url: `http://127.0.0.1:${port}` };
  };
  const run: { process: Measured; url: string }[] = [];
  const api = [];
  const worker = [];
  for (let index = 0; index < workers; index += 1) worker.push(await start('src/workers/main.ts', 'worker'));
  for (let index = 0; index < apis; index += 1) api.push(await start('src/api/main.ts', 'api'));
  run.push(...api, ...worker);
  const urls = api.map(({ url }) => url);
  const token = await logIn(urls[0] ?? '');
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  return {
    name: 'Orderflow',
    urls,
    pids: { api: api.map((one) => one.process.pid), worker: worker.map((one) => one.process.pid) },
    order: {
      method: 'POST',
      path: '/orders',
      headers,
      body: '{"user_id":1,"products":[1,2],"total_amount":100}',
      keyed: 0.5,
    },
    quote: (symbol) => ({ method: 'GET', path: `/market/quote?symbol=${symbol}`, headers: {}, keyed: 0 }),
    paidEvents: { db: 0, stream: 'orders', orderField: 'subject', type: 'order.paid' },
    // One that it is there, one that it is paid.
    entries: async () => ({ added: await stores.added(0, 'orders'), anOrder: 2 }),
    tally: () => tallyOf(stores),
    async stop() {
      await Promise.all(run.map((one) => one.process.stop()));
    },
  };
}

/** Brings its schema up to date, with the demo's products and logins. */
export async function prepareProduct(servers: Servers, upstream: string): Promise<void> {
  const env = productVariables(servers, upstream);
  await promisify(execFile)(process.execPath, ['src/commands/migrate.ts', '--demo'], { cwd: root, env });
}

function productVariables(servers: Servers, upstream: string): Record<string, string> {
  return {
    ...serverVariables(servers, 'product'),
    NODE_ENV: 'development',
    NODE_OPTIONS: smallYoungGeneration,
    NODE_COMPILE_CACHE: join(servers.BENCH_FOLDER, 'compile-cache'),
    LOG_LEVEL: 'warn',
    PAYMENT_GATEWAY: 'instant',
    RATE_LIMIT_PER_MINUTE: '0',
    RATE_LIMIT_ANONYMOUS_PER_MINUTE: '0',
    RATE_LIMIT_BURST: '0',
    FINNHUB_API_KEY: 'bench',
    FINNHUB_BASE_URL: upstream,
    FINNHUB_PER_MINUTE: '100000',
    FINNHUB_PER_SECOND: '10000',
    STREAMS_PER_CALLER: '100000',
    SHUTDOWN_SECONDS: '5',
  };
}

async function logIn(url: string): Promise<string> {
  const answer = await fetch(`${url}/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: 'demo@example.com', password: 'orderflow-demo' }),
  });
  return Granted.parse(await answer.json()).access_token;
}

async function tallyOf(stores: Stores) {
  const counts = await stores.numbers(
    `select (select count(*) from ${database}.orders) as orders,
            (select count(*) from ${database}.orders where status = 'paid') as paid,
            (select count(*) from ${database}.payments where status = 'succeeded') as charged`,
  );
  const { orders = 0, paid = 0, charged = 0 } = counts;
  return { orders, paid, charged, announced: (await stores.added(0, 'orders')) - orders };
}
