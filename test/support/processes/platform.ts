import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, rm, stat, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MikroORM } from '@mikro-orm/mysql';
import { Redis } from 'ioredis';
import { type Config, readConfig } from '../../../src/config.ts';
import { type MysqlServer, startMysql } from '../stores/mysql-server.ts';
import { follow, freePort, freePorts, startProcess, type TestProcess, until } from './process.ts';
import { type Sandbox, startSandbox } from '../upstreams/sandbox-process.ts';
import { ownData } from '../stores/servers.ts';
import { createDatabase } from '../stores/create-database.ts';
import { accounts, Granted } from '../api/test-api.ts';

/** The product as real processes with data of its own: APIs, workers, the sandbox, and on request servers to maltreat. */
export type Platform = Readonly<{
  urls: readonly string[];
  url: string;
  sandbox: Sandbox;
  orm: MikroORM;
  redis: Redis;
  redisServer: RedisServer | undefined;
  mysqlServer: MysqlServer | undefined;
  /** The environment that every process gets, but for its ports. */
  env: Readonly<Record<string, string>>;
  apis: TestProcess[];
  workers: TestProcess[];
  /** Where the processes are probed and scraped, in the order of their starts: APIs first. */
  healths: readonly string[];
  startWorker(...queues: string[]): Promise<TestProcess>;
  /** Sends JSON as the demo customer (or as `account`). */
  send(method: string, path: string, body?: unknown, account?: keyof typeof accounts): Promise<Response>;
  stop(): Promise<void>;
}>;

export type PlatformOptions = Readonly<{
  apis?: number;
  workers?: number;
  /** Or the folder of its data. */
  ownRedis?: boolean | string;
  /** A durable one, that may be killed; or the folder of its data. */
  ownMysql?: boolean | string;
  /** The gateway tells the first API what becomes of its payments, and the page knows where the sandbox's own is. */
  isTold?: boolean;
  env?: Readonly<Record<string, string>>;
  /** Whether trades are told live. */
  hasTicks?: boolean;
  /** Further command line of the sandbox. */
  sandboxArgs?: readonly string[];
  /** The folder of an earlier sandbox, to go on with its books. */
  sandboxData?: string;
  /** The checkout that APIs and workers are of; by default this one. */
  folder?: string;
  /** Makes the database; by default a new one with the demo data. */
  open?: (config: Config) => Promise<MikroORM>;
}>;

/** Starts everything and resolves when all of it is ready. */
export async function startPlatform({
  apis = 1,
  workers = 1,
  ownRedis = false,
  ownMysql = false,
  isTold = false,
  env = {},
  hasTicks = false,
  sandboxArgs = [],
  sandboxData,
  folder,
  open = createDatabase,
}: PlatformOptions = {}): Promise<Platform> {
  // The plan's limits are all that the outside world has in common with the product.
  const plan = Object.entries(env).filter(([name]) => name.startsWith('FINNHUB_PER_') || name === 'FINNHUB_WINDOW_MS');
  const ports = await freePorts(2 * apis + workers);
  const webhook = isTold ? ['--webhook', `http://127.0.0.1:${ports[0]}/payments/webhook`] : [];
  const [sandbox, redisServer, mysqlServer] = await Promise.all([
    startSandbox({
      env: Object.fromEntries(plan),
      args: [...webhook, ...sandboxArgs],
      ...(sandboxData === undefined ? {} : { dataDir: sandboxData }),
    }),
    ownRedis ? startRedis(placeOf(ownRedis)) : undefined,
    ownMysql ? startMysql('orderflow_test', [], placeOf(ownMysql)) : undefined,
  ]);
  const servers = { ...redisServer?.env, ...mysqlServer?.env };
  const told = isTold ? { STRIPE_WEBHOOK_SECRET: 'whsec_sandbox', SANDBOX_CONTROL_URL: sandbox.urls.control } : {};
  const socket = hasTicks ? { FINNHUB_WS_URL: new URL('/', sandbox.urls.finnhub).href.replace(/^http/, 'ws') } : {};
  const found = { ...(await ownData()), ...upstreams(sandbox), ...socket, ...servers };
  const given = { ...found, LOG_LEVEL: 'warn', ...told, ...env };
  const config = readConfig(given);
  const orm = await open(config);
  const started: { apis: TestProcess[]; workers: TestProcess[] } = { apis: [], workers: [] };
  const urls: string[] = [];
  const healths: string[] = [];
  const launch = (script: string, args: readonly string[], health: number, own: Readonly<Record<string, string>>) => {
    const some = startProcess(script, args, { ...given, ...own, HEALTH_PORT: String(health) }, folder);
    healths.push(`http://127.0.0.1:${health}`);
    return { some, ready: untilReady(`http://127.0.0.1:${health}/readyz`, some) };
  };
  const startApi = async (port: number, health: number) => {
    const { some, ready } = launch('src/api/main.ts', [], health, { PORT: String(port) });
    started.apis.push(some);
    urls.push(`http://127.0.0.1:${port}`);
    await ready;
  };
  const startWorkerAt = async (health: number, queues: readonly string[]) => {
    const { some, ready } = launch('src/workers/main.ts', queues, health, {});
    started.workers.push(some);
    await ready;
    return some;
  };
  const startWorker = async (...queues: string[]) => startWorkerAt(await freePort(), queues);
  await Promise.all([
    ...Array.from({ length: apis }, (_, index) => startApi(ports[index] ?? 0, ports[apis + index] ?? 0)),
    ...Array.from({ length: workers }, (_, index) => startWorkerAt(ports[2 * apis + index] ?? 0, [])),
  ]);

  const url = urls[0] ?? '';
  const redis = new Redis({
    host: config.REDIS_HOST ?? '',
    port: config.REDIS_PORT,
    db: config.REDIS_DB,
    maxRetriesPerRequest: null,
    // Not every platform has one server that a test could look into.
    lazyConnect: true,
  });
  redis.on('error', () => {});
  const tokens = new Map<string, string>();
  const send = async (method: string, path: string, body?: unknown, account: keyof typeof accounts = 'demo') => {
    const token = tokens.get(account) ?? (await logIn(url, account));
    tokens.set(account, token);
    return sendJson(url, method, path, body, token);
  };
  return {
    urls,
    url,
    sandbox,
    orm,
    redis,
    redisServer,
    mysqlServer,
    env: given,
    ...started,
    healths,
    startWorker,
    send,
    async stop() {
      redis.disconnect();
      await Promise.all([...started.apis, ...started.workers].map((some) => some.signal('SIGKILL')));
      await redisServer?.stop();
      await sandbox.stop();
      if (!mysqlServer) await orm.schema.dropDatabase();
      await orm.close(true);
      await mysqlServer?.stop();
      refuseLeaks([...started.apis, ...started.workers], [...canaries, ...tokens.values()]);
    },
  };
}

function placeOf(own: true | string): string | undefined {
  return own === true ? undefined : own;
}

// In every test with processes of its own there are secrets by which a leak is known for one.
const [finnhubCanary, stripeCanary] = [`canary-${randomUUID()}`, `sk_test_canary${randomUUID().replaceAll('-', '')}`];
const canaries = [finnhubCanary, stripeCanary, accounts.demo.password, accounts.admin.password];

/** @throws when a process has written a secret, whatever else has been tested. */
function refuseLeaks(processes: readonly TestProcess[], secrets: readonly string[]): void {
  const leaking = processes.filter((some) => secrets.some((secret) => some.output().includes(secret)));
  if (leaking.length > 0) throw new Error(`process ${leaking.map(({ pid }) => pid).join(', ')} has written a secret`);
}

/** Where the sandbox is, as the product's environment says it. */
export function upstreams({ urls }: Sandbox): Record<string, string> {
  return {
    FINNHUB_API_KEY: finnhubCanary,
    FINNHUB_BASE_URL: urls.finnhub,
    FOREX_FALLBACK_URL: urls.rates,
    PAYMENT_GATEWAY: 'stripe',
    STRIPE_SECRET_KEY: stripeCanary,
    STRIPE_API_BASE: urls.stripe,
    PAYMENT_DEFAULT_METHOD: 'pm_card_visa',
    PUBLIC_PRODUCT_API: urls.products,
    SMTP_URL: urls.mail,
  };
}

/** Resolves when a process's probe says so. */
export async function untilReady(url: string, process: TestProcess): Promise<void> {
  await until(
    () => `${url} ready; the process said: ${process.output()}`,
    async () => {
      const answer = await fetch(url).catch(() => undefined);
      await answer?.arrayBuffer();
      return answer?.ok ? true : undefined;
    },
  );
}

/** Logs in and returns the token. */
export async function logIn(url: string, account: keyof typeof accounts): Promise<string> {
  const answer = await sendJson(url, 'POST', '/auth/login', accounts[account]);
  return Granted.parse(await answer.json()).access_token;
}

async function sendJson(url: string, method: string, path: string, body?: unknown, token?: string): Promise<Response> {
  const headers: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {};
  if (body === undefined) return fetch(`${url}${path}`, { method, headers });
  return fetch(`${url}${path}`, {
    method,
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

/** A Redis of the test's own. */
export type RedisServer = Readonly<{
  env: Record<string, string>;
  process(): TestProcess;
  /** Starts it again on the same port and data after a kill. */
  restart(): Promise<void>;
  /** How many bytes it has written to disk. */
  written(): Promise<number>;
  /** Takes what it has written after so many bytes off the disk, as the crash of a machine does; it must have been killed. */
  forget(afterBytes: number): Promise<void>;
  stop(): Promise<void>;
}>;

/** Starts a durable Redis on a free port with data of its own below `place`. */
export async function startRedis(place?: string): Promise<RedisServer> {
  const program = process.env['TEST_REDIS_SERVER'] ?? 'redis-server';
  const port = await freePort();
  const folder = await mkdtemp(join(place ?? tmpdir(), 'orderflow-redis-'));
  const args = [
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--dir',
    folder,
    '--appendonly',
    'yes',
    '--maxmemory-policy',
    'noeviction',
  ];
  const logFile = async () => {
    const names = await readdir(folder, { recursive: true });
    return join(folder, names.find((name) => name.endsWith('.incr.aof')) ?? 'appendonly.aof');
  };
  const libraries = process.env['TEST_LD_LIBRARY_PATH'];
  let current: TestProcess;
  const start = async () => {
    const env = { PATH: process.env['PATH'] ?? '', ...(libraries ? { LD_LIBRARY_PATH: libraries } : {}) };
    current = follow(spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] }));
    await until('Redis takes connections', () =>
      /Ready to accept connections/.test(current.output()) ? true : undefined,
    );
  };
  await start();
  return {
    env: { REDIS_HOST: '127.0.0.1', REDIS_PORT: String(port), REDIS_DB: '0' },
    process: () => current,
    restart: start,
    async written() {
      // A slow disk has Redis answer before it has written.
      const redis = new Redis({ host: '127.0.0.1', port });
      await until('all is written', async () =>
        /^aof_buffer_length:0\r/m.test(await redis.info('persistence')) ? true : undefined,
      );
      redis.disconnect();
      return (await stat(await logFile())).size;
    },
    forget: async (afterBytes) => truncate(await logFile(), afterBytes),
    async stop() {
      await current.signal('SIGCONT');
      await current.signal('SIGKILL');
      await rm(folder, { recursive: true, force: true });
    },
  };
}
