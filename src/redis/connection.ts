import type { Config } from '../config.ts';

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
