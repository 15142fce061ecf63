import { type Connection, createConnection } from 'mysql2/promise';
import { z } from 'zod';
import type { MysqlServer } from '../stores/mysql-server.ts';
import { type Buyers, sendBuyers } from '../load/buyers.ts';
import type { KillPoint } from '../load/kill-points.ts';
import { openStand, type Stand } from '../load/restarted-process.ts';
import { logIn, type Platform, type RedisServer, startPlatform } from '../processes/platform.ts';
import { until } from '../processes/process.ts';
import { seeded } from '../seeded.ts';
import type { SandboxFault } from '../upstreams/sandbox-control.ts';
import { openToxicProxy, type ToxicProxy } from '../upstreams/toxic-proxy.ts';
import { type Receiver, startReceiver } from '../upstreams/webhook-receiver.ts';

/** What a deployment is made of, and by which seed; without `gatewayFaults` the gateway is well. */
export type DeploymentPlan = Readonly<{
  seed: number;
  processes: readonly KillPoint['role'][];
  buyers?: number;
  thinkMs?: number;
  /** By how many each request is made at once. */
  copies?: number;
  gatewayFaults?: readonly SandboxFault[];
  /** Whether a receiver is told of everything by webhooks. */
  isTold?: boolean;
  env?: Readonly<Record<string, string>>;
  /** Further command line of the sandbox. */
  sandboxArgs?: readonly string[];
  /** The checkout that its processes are of. */
  folder?: string;
  /** Where its servers keep their data. */
  disks?: Readonly<{ mysql: string; redis: string }>;
}>;

/** The whole product as real processes, on servers of its own, with a way to each that can be spoilt, and people who buy. */
export type Deployment = Readonly<{
  platform: Platform;
  mysql: MysqlServer;
  redis: RedisServer;
  stands: readonly Stand[];
  ways: Readonly<Record<'mysql' | 'redis' | 'gateway' | 'provider', ToxicProxy>>;
  buyers: Buyers;
  receiver: Receiver;
  endpoints: readonly string[];
  token: string;
  /** The processes whose end was the plan's doing. */
  ended: Set<number>;
  /** Has the gateway lose, spoil and delay what the plan says, again after it was killed. */
  setGatewayFaults(): Promise<void>;
  /** To MySQL as its user, by no proxy. */
  connect(): Promise<Connection>;
  /** Reads by such a connection. */
  rows(sql: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
  stop(): Promise<void>;
}>;

/** The usual size: what the figures of faults are of. */
export const usualProcesses = ['api', 'api', 'worker', 'worker', 'worker'] as const;

/** Opens a deployment in which everything is well. */
export async function openDeployment(plan: DeploymentPlan): Promise<Deployment> {
  const { seed, env = {}, folder, disks } = plan;
  const fixed = { WATCHLIST: '', RATE_LIMIT_PER_MINUTE: '0', RATE_LIMIT_BURST: '0' };
  const sandboxArgs = ['--seed', String(seed), ...(plan.sandboxArgs ?? [])];
  const servers = { ownRedis: disks?.redis ?? true, ownMysql: disks?.mysql ?? true };
  const given = { apis: 0, workers: 0, ...servers, sandboxArgs, env: { ...fixed, ...env } };
  const platform = await startPlatform(given);
  const receiver = await startReceiver();
  const ways = await openWays(platform, seed);
  const through = { env: throughWays(platform, ways) };
  const stands = await Promise.all(plan.processes.map((role) => openStand(through, role, folder)));
  const stop = async () => {
    await Promise.all(stands.map((stand) => stand.close()));
    await Promise.all(Object.values(ways).map((way) => way.close()));
    await platform.stop();
    await receiver.close();
  };
  try {
    await Promise.all(stands.map((stand) => stand.start()));
    return {
      ...(await people(plan, { platform, stands, receiver })),
      ...serversOf(platform),
      stands,
      ways,
      receiver,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function openWays({ env, sandbox }: Platform, seed: number): Promise<Deployment['ways']> {
  const [gateway, provider] = [new URL(sandbox.urls.stripe), new URL(sandbox.urls.finnhub)];
  return {
    mysql: await openToxicProxy(env['MYSQL_HOST'] ?? '', Number(env['MYSQL_PORT']), seeded(seed)),
    redis: await openToxicProxy(env['REDIS_HOST'] ?? '', Number(env['REDIS_PORT']), seeded(seed)),
    gateway: await openToxicProxy(gateway.hostname, Number(gateway.port), seeded(seed)),
    provider: await openToxicProxy(provider.hostname, Number(provider.port), seeded(seed)),
  };
}

function throughWays({ env, sandbox: { urls } }: Platform, ways: Deployment['ways']): Record<string, string> {
  const { mysql, redis, gateway, provider } = ways;
  const through = (url: string, { port }: ToxicProxy) =>
    Object.assign(new URL(url), { port: String(port) }).href.replace(/\/$/, '');
  return {
    ...env,
    MYSQL_HOST: '127.0.0.1',
    MYSQL_PORT: String(mysql.port),
    REDIS_HOST: '127.0.0.1',
    REDIS_PORT: String(redis.port),
    STRIPE_API_BASE: through(urls.stripe, gateway),
    FINNHUB_BASE_URL: through(urls.finnhub, provider),
  };
}

function serversOf(
  platform: Platform,
): Pick<Deployment, 'platform' | 'mysql' | 'redis' | 'ended' | 'connect' | 'rows'> {
  const { mysqlServer, redisServer, env } = platform;
  if (!mysqlServer || !redisServer) throw new Error('servers of its own were asked for');
  const server = {
    host: env['MYSQL_HOST'] ?? '',
    port: Number(env['MYSQL_PORT']),
    user: env['MYSQL_USER'] ?? '',
    password: env['MYSQL_PASSWORD'] ?? '',
    database: env['MYSQL_DB'] ?? '',
  };
  // Some are ended on purpose.
  const connect = async () => (await createConnection(server)).on('error', () => {});
  const rows: Deployment['rows'] = async (sql) => {
    const connection = await connect();
    try {
      return z.array(z.record(z.string(), z.unknown())).parse((await connection.query(sql))[0]);
    } finally {
      connection.destroy();
    }
  };
  return { platform, mysql: mysqlServer, redis: redisServer, ended: new Set(), connect, rows };
}

async function people(
  { seed, buyers = 6, thinkMs = 100, copies = 1, gatewayFaults = [], isTold = false }: DeploymentPlan,
  { platform, stands, receiver }: Pick<Deployment, 'platform' | 'stands' | 'receiver'>,
): Promise<Pick<Deployment, 'buyers' | 'token' | 'endpoints' | 'setGatewayFaults'>> {
  const urls = stands.flatMap(({ role, url }) => (role === 'api' ? [url] : []));
  const token = await logIn(urls[0] ?? '', 'demo');
  const endpoints = isTold ? ['/told'] : [];
  for (const path of endpoints) {
    const answer = await fetch(`${urls[0]}/webhooks`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ url: receiver.urlOf(path) }),
    });
    if (answer.status !== 201) throw new Error(`the webhook was answered ${answer.status} ${await answer.text()}`);
  }
  const setGatewayFaults = async () => {
    for (const fault of gatewayFaults) await platform.sandbox.fault({ seconds: 3_600, ...fault });
  };
  await setGatewayFaults();
  return { buyers: sendBuyers(buyers, { urls, token, seed, thinkMs, copies }), token, endpoints, setGatewayFaults };
}

/** Starts again what was killed. */
export async function reviveStands(stands: readonly Stand[]): Promise<void> {
  await Promise.all(stands.map((stand) => stand.start()));
}

/** Kills processes, as the plan wants it. */
export async function killStands({ ended }: Deployment, stands: readonly Stand[]): Promise<void> {
  for (const stand of stands) ended.add(stand.process().pid);
  await Promise.all(stands.map((stand) => stand.process().signal('SIGKILL')));
}

// What comes after that is told by the figures of the run, which goes on.
const longestWaitMs = 600_000;

/** Resolves when an order is over that was asked for after the moment, and returns how long after that was, ms. */
export async function untilWell({ buyers, rows }: Deployment, sinceMs: number): Promise<number> {
  let wantedMs = 0;
  await until(
    'an order that was asked for since is over',
    async () => {
      if (Date.now() - wantedMs > 1_000 && buyers.areDone()) {
        wantedMs = Date.now();
        buyers.want(2);
      }
      const since = buyers.asked.flatMap(({ askedMs, order }) => (askedMs >= sinceMs && order ? [`'${order}'`] : []));
      if (since.length === 0) return undefined;
      const over = `select count(*) as over_now from orders where status <> 'pending' and id in (${since.join()})`;
      const [found] = await rows(over).catch(() => []);
      return Number(found?.['over_now']) > 0 || undefined;
    },
    longestWaitMs,
  );
  return Date.now() - sinceMs;
}
