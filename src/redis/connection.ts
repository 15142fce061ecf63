import { Redis } from 'ioredis';
import type { Config } from '../config.ts';
import type { Log } from '../process/log.ts';

/** Options of one Redis connection, as ioredis and BullMQ both take them. */
export type RedisConnection = Readonly<{
  host: string;
  port: number;
  db: number;
  password?: string;
  connectTimeout: number;
  commandTimeout?: number;
  enableOfflineQueue?: boolean;
  maxRetriesPerRequest: number | null;
  retryStrategy(tries: number): number;
}>;

/** A connection for asking: it fails within a second instead of waiting for Redis to come back. */
export function impatientRedis(config: Config): RedisConnection {
  return { ...basics(config), commandTimeout: 1_000, enableOfflineQueue: false, maxRetriesPerRequest: 1 };
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
  // Replies of a server that is there, and cannot do what it is asked for at this moment.
  /^(LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|NOREPLICAS|MISCONF|OOM|BUSY|UNKILLABLE) /,
];

/** Whether an error of ioredis, or of BullMQ, which passes them on, says that Redis is away or cannot answer now. */
export function isRedisOutage({ name, message }: Error): boolean {
  return outages.some((outage) => outage.test(message) || outage.test(name));
}

function basics(config: Config) {
  return {
    host: config.REDIS_HOST,
    port: config.REDIS_PORT,
    db: config.REDIS_DB,
    ...(config.REDIS_PASSWORD ? { password: config.REDIS_PASSWORD } : {}),
    connectTimeout: 2_000,
    // Half a second at the most: after an outage, work goes on as soon as Redis does.
    retryStrategy: (tries: number) => Math.min(tries * 50, 500),
  };
}

/** Opens the shared connection of a process; outages and their ends are logged once each. */
export function openRedis(config: Config, log: Log): Redis {
  const redis = new Redis(impatientRedis(config));
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

/** Opens a connection for blocking reads, which come back every few seconds also with nothing: one that stays silent for longer is dead. */
export function openFollower(config: Config, connectionName: string): Redis {
  const redis = new Redis({ ...patientRedis(config), connectionName, socketTimeout: 15_000 });
  // The shared connection tells of outages; this one comes back by itself.
  redis.on('error', () => {});
  return redis;
}
