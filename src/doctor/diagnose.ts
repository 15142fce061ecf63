import { once } from 'node:events';
import type { Config } from '../config.ts';
import type { Context } from '../context.ts';
import { checkGateways } from '../gateways/payment-gateways.ts';
import { ping } from '../mysql/database.ts';
import { within } from '../process/deadline.ts';
import { impatientRedis, openConnection, type RedisConnection } from '../redis/connection.ts';
import type { Finding } from '../process/finding.ts';
import { checkMysql } from './mysql.ts';
import { checkRedis } from './redis.ts';
import { checkSettings, checkWatchlist } from './settings.ts';
import { checkClocks, checkStored, checkWorkers } from './work.ts';

const patienceMs = 10_000;

/** How a doctor asks Redis: what is busy for seconds is not away. */
export function redisOfDoctor(config: Config): RedisConnection {
  return impatientRedis(config, patienceMs);
}

type Part = 'mysql' | 'redis';
type Check = Readonly<{ name: string; needs: readonly Part[]; look(): Promise<readonly Finding[]> }>;

/** What became of a check: what it has found, or why it could not look. */
export type Examined = Readonly<{ name: string; findings: readonly Finding[]; skipped?: string }>;

/** Examines a deployment part by part. What stands on a part that does not answer is not examined, and says so. */
export async function diagnose(context: Context): Promise<readonly Examined[]> {
  // Of its own, which stays with a server that refuses writes: those of processes look for another then.
  const redis = openConnection({ ...redisOfDoctor(context.config), reconnectOnError: () => false });
  redis.on('error', () => {});
  try {
    return await examine({ ...context, redis });
  } finally {
    redis.disconnect();
  }
}

async function examine(ctx: Context): Promise<readonly Examined[]> {
  const isThere: Record<Part, boolean> = {
    mysql: await answers(() => ping(ctx.orm)),
    redis: await answers(async () => {
      if (ctx.redis.status !== 'ready') await once(ctx.redis, 'ready');
      await ctx.redis.ping();
    }),
  };
  const checks: readonly Check[] = [
    { name: 'MySQL', needs: ['mysql'], look: () => checkMysql(ctx.orm) },
    { name: 'Redis', needs: ['redis'], look: () => checkRedis(ctx.redis) },
    { name: 'schema and outbox', needs: ['mysql'], look: () => checkStored(ctx) },
    { name: 'clocks', needs: ['mysql', 'redis'], look: () => checkClocks(ctx) },
    { name: 'workers', needs: ['redis'], look: () => checkWorkers(ctx) },
    { name: 'settings', needs: [], look: async () => checkSettings(ctx.config) },
    { name: 'payment gateways', needs: [], look: () => checkGateways(ctx.config) },
    { name: 'watchlist', needs: ['mysql'], look: () => checkWatchlist(ctx) },
  ];
  const examined: Examined[] = [...away(ctx, isThere)];
  for (const { name, needs, look } of checks) {
    const missing = needs.filter((part) => !isThere[part]);
    const one: Examined =
      missing.length > 0
        ? { name, findings: [], skipped: `${missing.join(' and ')} does not answer, or is a replica` }
        : await within(patienceMs, name, look()).then(
            (findings) => ({ name, findings }),
            (error: unknown) => ({ name, findings: [unreadable(name, error)] }),
          );
    // BullMQ writes when it begins, and whoever is refused looks for another server.
    if (one.findings.some(({ id }) => id === 'redis_replica')) isThere.redis = false;
    examined.push(one);
  }
  return examined;
}

async function answers(ask: () => Promise<unknown>): Promise<boolean> {
  return within(patienceMs, 'it', ask()).then(
    () => true,
    () => false,
  );
}

function away({ config }: Context, isThere: Readonly<Record<Part, boolean>>): readonly Examined[] {
  const at: Readonly<Record<Part, string>> = {
    mysql: `MySQL at ${listed(config.mysqlHosts)}`,
    redis: `Redis at ${listed(redisHosts(config))}`,
  };
  const parts = (['mysql', 'redis'] as const).filter((part) => !isThere[part]);
  return parts.map((part) => ({
    name: part,
    findings: [
      {
        id: `${part}_away`,
        fault: `${at[part]} does not answer.`,
        remedy: `Start it, or correct the variables that begin with ${part.toUpperCase()}_.`,
      },
    ],
  }));
}

function redisHosts({
  REDIS_CLUSTER,
  REDIS_SENTINELS,
  REDIS_HOST: host,
  REDIS_PORT: port,
}: Config): Config['mysqlHosts'] {
  return REDIS_CLUSTER ?? REDIS_SENTINELS ?? [{ host: host ?? '', port }];
}

function listed(hosts: Config['mysqlHosts']): string {
  return hosts.map(({ host, port }) => `${host}:${port}`).join(', ');
}

/** A check that fails is a finding: what it would have looked at may be what is wrong. */
function unreadable(name: string, error: unknown): Finding {
  const why = error instanceof Error ? error.message : String(error);
  return { id: 'unreadable', fault: `${name} could not be examined: ${why}`, remedy: 'See what the sentence names.' };
}
