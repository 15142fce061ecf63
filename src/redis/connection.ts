import type { ConnectionOptions as SecureOptions } from 'node:tls';
import { Cluster, Redis as Single, type RedisOptions } from 'ioredis';
import type { Config } from '../config.ts';
import type { Host } from '../variable-kinds.ts';
import type { Log } from '../process/log.ts';
import type { Redis } from './client.ts';
import { openPeers } from './peers.ts';

type Options = {
  host?: string;
  port?: number;
  db?: number;
  sentinels?: Host[];
  name?: string;
  sentinelRetryStrategy?(tries: number): number;
  sentinelCommandTimeout?: number;
  sentinelTLS?: SecureOptions;
  enableTLSForSentinelMode?: boolean;
  username?: string;
  password?: string;
  tls?: SecureOptions;
  connectionName?: string;
  Connector?: RedisOptions['Connector'];
  connectTimeout: number;
  commandTimeout?: number;
  enableOfflineQueue?: boolean;
  maxRetriesPerRequest: number | null;
  retryStrategy(tries: number): number;
  reconnectOnError?(error: Error): 2 | false;
};

/** Options of one connection, as ioredis and BullMQ both take them; with `cluster`, those of each of its nodes. */
export type RedisConnection = Readonly<Options & { cluster?: Host[] }>;

// A server that is frozen or cut off keeps its connections: whoever has waited so long for any answer asks anew where Redis is.
const silentMs = 5_000;
/**
 * How long a blocking read waits for news; then it comes back without. BullMQ replaces a connection whose read is a second late: that must
 * be before it is dropped as a silent one, or workers hang on a cluster, where one replacement comes between the other.
 */
export const blockMs = 3_000;

/** A connection for asking: it fails within a second, or within `commandTimeout` ms, instead of waiting for Redis to come back. */
export function impatientRedis(config: Config, commandTimeout = 1_000): RedisConnection {
  const hasty = { commandTimeout, enableOfflineQueue: false, maxRetriesPerRequest: 1 };
  return { ...basics(config), ...hasty };
}

/** A connection for blocking reads and workers: it waits for ever, and comes back by itself. */
export function patientRedis(config: Config): RedisConnection {
  return { ...basics(config), maxRetriesPerRequest: null };
}

const outages = [
  // ioredis has names for some of its errors, and only sentences for the others.
  /^Command timed out/,
  /^Stream isn't writeable/,
  /^Connection is closed/,
  /^(MaxRetriesPerRequest|Abort|ClusterAllFailed)Error/,
  /^Reached the max retries/,
  /^(Too many Cluster redirections|Cluster isn't ready|None of startup nodes|All sentinels are unreachable)/,
  // Replies of a server that is there, and cannot do what it is asked for at this moment.
  /^(LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|NOREPLICAS|MISCONF|OOM|BUSY|UNKILLABLE) /,
];

/** Whether an error of ioredis, or of BullMQ, which passes them on, says that Redis is away or cannot answer now. */
export function isRedisOutage({ name, message }: Error): boolean {
  return outages.some((outage) => outage.test(message) || outage.test(name));
}

// Half a second at the most: after an outage, work goes on as soon as Redis does.
const soon = (tries: number) => Math.min(tries * 50, 500);

function basics(config: Config) {
  return {
    ...placeOf(config),
    ...(config.REDIS_USER ? { username: config.REDIS_USER } : {}),
    ...(config.REDIS_PASSWORD ? { password: config.REDIS_PASSWORD } : {}),
    ...(config.REDIS_TLS ? { tls: config.REDIS_TLS } : {}),
    connectTimeout: 2_000,
    Connector: openPeers(config.REDIS_SENTINELS !== undefined, silentMs),
    retryStrategy: soon,
    // A master that has become a replica, which happens without a disconnection: elsewhere is the next, where the command is sent again.
    reconnectOnError: ({ message }: Error) => (message.startsWith('READONLY') ? (2 as const) : false),
  };
}

function placeOf(config: Config): Partial<RedisConnection> {
  const { REDIS_CLUSTER: cluster, REDIS_SENTINELS: sentinels, REDIS_TLS: tls, REDIS_DB: db } = config;
  if (cluster) return { cluster };
  if (!sentinels) return { host: config.REDIS_HOST ?? '', port: config.REDIS_PORT, db };
  return {
    sentinels,
    name: config.REDIS_SENTINEL_NAME,
    db,
    sentinelRetryStrategy: soon,
    sentinelCommandTimeout: 1_000,
    ...(tls ? { sentinelTLS: tls, enableTLSForSentinelMode: true } : {}),
  };
}

/** Opens a connection to whatever Redis is: one server, a master that sentinels name, or a cluster. */
export function openConnection({ cluster, ...options }: RedisConnection, { isLazy = false } = {}): Redis {
  if (!cluster) return new Single({ ...options, lazyConnect: isLazy });
  const { enableOfflineQueue = true, ...redisOptions } = options;
  return new Cluster(cluster, {
    redisOptions,
    enableOfflineQueue,
    clusterRetryStrategy: soon,
    // Each after a tenth of a second, while a node is away and none has taken its place.
    maxRedirections: 8,
    // Nodes are called by the names that their certificates bear.
    dnsLookup: (address, found) => found(null, address),
    lazyConnect: isLazy,
  });
}

/** What BullMQ connects with. Of a cluster it takes a connection only, from which it makes its own, and which `letGo` closes. */
export function forBullmq(connection: RedisConnection): Options | Redis {
  return connection.cluster ? openConnection(connection, { isLazy: true }) : { ...connection };
}

/** Closes what {@link forBullmq} has opened, if anything. */
export function letGo(connection: Options | Redis): void {
  if (connection instanceof Cluster) connection.disconnect();
}

/**
 * The beginning of a queue's keys: BullMQ's own, under which jobs may wait already; on a cluster a tag that keeps them on one node.
 * `tag` tells one of the queue's shards from the others.
 */
export function prefixOf({ cluster }: RedisConnection, queue: string, tag = ''): string {
  return cluster ? `{bull:${queue}${tag}}` : `bull${tag}`;
}

/** Changes how patient an open connection is. */
export function changePatience(
  redis: Redis,
  { commandTimeout, maxRetriesPerRequest, enableOfflineQueue }: RedisConnection,
): void {
  const patience = { commandTimeout, maxRetriesPerRequest };
  if (redis instanceof Cluster) Object.assign(redis.options, { enableOfflineQueue });
  const nodes = redis instanceof Cluster ? redis.nodes().map(({ options }) => options) : [];
  const own = redis instanceof Cluster ? redis.options.redisOptions : redis.options;
  for (const options of [own, ...nodes]) Object.assign(options ?? {}, patience);
}

/** Opens the shared connection of a process; outages and their ends are logged once each. */
export function openRedis(connection: RedisConnection, log: Log): Redis {
  const redis = openConnection(connection);
  let isAway = false;
  redis.on('error', (error) => {
    if (!isAway) log.warn({ err: error }, 'Redis is away; what needs it waits, orders do not');
    isAway = true;
  });
  redis.on('ready', () => {
    if (isAway) log.info('Redis is back');
    isAway = false;
  });
  return redis;
}

/** Opens a connection for blocking reads. */
export function openFollower(config: Config, connectionName: string): Redis {
  const redis = openConnection({ ...patientRedis(config), connectionName });
  // The shared connection tells of outages; this one comes back by itself.
  redis.on('error', () => {});
  return redis;
}
