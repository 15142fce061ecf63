import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Stores } from '../servers.ts';
import { places, type Servers, serverVariables } from '../settings.ts';
import { answering, freePort, type Measured, startMeasured } from './processes.ts';
import type { Side } from './side.ts';

const database = places.peer.MYSQL_DB;
const modules = 'fastapi, uvicorn, uvloop, httptools, sqlalchemy, pymysql, MySQLdb, aiomysql, redis, hiredis, httpx';

/** A way to run the peer; the best of all is what the product is compared with. */
export type PeerShape = Readonly<{ isAsync: boolean; driver: 'pymysql' | 'mysqldb'; processes: 1 | 2 }>;

/** Every way: both of its APIs, both drivers of MySQL, one process of each kind and two. */
export const peerShapes: readonly PeerShape[] = [
  { isAsync: false, driver: 'mysqldb', processes: 1 },
  { isAsync: true, driver: 'mysqldb', processes: 1 },
  { isAsync: false, driver: 'mysqldb', processes: 2 },
  { isAsync: true, driver: 'mysqldb', processes: 2 },
  { isAsync: false, driver: 'pymysql', processes: 1 },
  { isAsync: false, driver: 'pymysql', processes: 2 },
];

/** What it is called in tables. */
export function peerName({ isAsync, driver, processes }: PeerShape): string {
  return `FastAPI ${isAsync ? 'async' : 'sync'} ${isAsync ? 'aiomysql' : driver} ${processes} + ${processes}`;
}

/** Where its programs are, by default the repository's own; another folder must have programs of the same meaning. */
export type PeerFolder = Readonly<{ folder: string; sync: string; async: string; payments: string }>;
const own: PeerFolder = {
  folder: join(import.meta.dirname, '..', 'peer'),
  sync: 'api:app',
  async: 'api_async:app',
  payments: 'payments.py',
};

/** A Python that has all that the peer needs, with its versions; undefined where there is none. */
export async function findPython(): Promise<Readonly<{ program: string; version: string }> | undefined> {
  for (const program of ['/usr/bin/python3', 'python3']) {
    const words = `import sys, ${modules}; print('Python', sys.version.split()[0], 'FastAPI', fastapi.__version__)`;
    const answer = await promisify(execFile)(program, ['-c', words]).catch(() => undefined);
    if (answer) return { program, version: answer.stdout.trim() };
  }
  return undefined;
}

/** The original's stack: as many API processes and payment services. */
export async function startPeer(
  servers: Servers,
  stores: Stores,
  { python, upstream, shape, variables = {}, programs = own }: PeerStart,
): Promise<Side> {
  const env = {
    ...serverVariables(servers, 'peer'),
    FINNHUB_BASE_URL: upstream,
    MYSQL_DRIVER: shape.driver,
    PYTHONDONTWRITEBYTECODE: '1',
    ...variables,
  };
  const log = join(servers.BENCH_FOLDER, 'peer.log');
  const start = (args: readonly string[], more = {}) =>
    startMeasured(python, args, { env: { ...env, ...more }, cwd: programs.folder, log });
  const api: { process: Measured; url: string }[] = [];
  const worker: Measured[] = [];
  // One after the other: the first makes the tables.
  for (let index = 0; index < shape.processes; index += 1) {
    const port = await freePort();
    const app = shape.isAsync ? programs.async : programs.sync;
    const quiet = ['--log-level', 'warning', '--no-access-log'];
    const started = start(['-m', 'uvicorn', app, '--port', String(port), ...quiet]);
    await answering(`http://127.0.0.1:${port}/auth/ping`, started, log);
    api.push({ process: started, url: `http://127.0.0.1:${port}` });
    worker.push(start([programs.payments], { PAYMENT_CONSUMER: `payment-${index}` }));
  }
  return {
    name: peerName(shape),
    urls: api.map(({ url }) => url),
    pids: { api: api.map((one) => one.process.pid), worker: worker.map(({ pid }) => pid) },
    order: {
      method: 'POST',
      path: '/orders/',
      headers: { 'content-type': 'application/json' },
      body: '{"user_id":1,"products":[1,2],"total_amount":100}',
      keyed: 0,
    },
    quote: (symbol) => ({ method: 'GET', path: `/market/quote?symbol=${symbol}`, headers: {}, keyed: 0 }),
    paidEvents: { db: 1, stream: 'payments', orderField: 'order_id', type: undefined },
    entries: async () => ({ added: await stores.added(1, 'payments'), anOrder: 1 }),
    tally: () => tallyOf(stores),
    async stop() {
      await Promise.all([...api.map((one) => one.process), ...worker].map((one) => one.stop()));
    },
  };
}

type PeerStart = Readonly<{
  python: string;
  upstream: string;
  shape: PeerShape;
  variables?: Readonly<Record<string, string>>;
  programs?: PeerFolder;
}>;

async function tallyOf(stores: Stores) {
  const { orders = 0, paid = 0 } = await stores.numbers(
    `select (select count(*) from ${database}.orders) as orders,
            (select count(*) from ${database}.orders where status = 'paid') as paid`,
  );
  // It has no payments: what is paid is all that is charged.
  return { orders, paid, charged: paid, announced: await stores.added(1, 'payments') };
}
