import type { Config } from '../config.ts';
import type { Context } from '../context.ts';
import { checkGateways } from '../gateways/payment-gateways.ts';
import { within } from '../process/deadline.ts';
import { impatientRedis, openConnection, type RedisConnection } from '../redis/connection.ts';
import type { Finding } from '../process/finding.ts';
import { checkMysql } from './mysql.ts';
import { checkMembers, reach } from './reach.ts';
import { checkRedis } from './redis.ts';
import { checkSettings, checkWatchlist } from './settings.ts';
import { checkClocks, checkStored, checkWorkers } from './work.ts';

const patienceMs = 10_000;

/** How a doctor asks Redis: what is busy for seconds is not away. */
export function redisOfDoctor(config: Config): RedisConnection {
  return impatientRedis(config, patienceMs);
}

const parts = ['mysql', 'redis'] as const;
type Part = (typeof parts)[number];
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
  const reached = await reach(ctx, patienceMs);
  const isThere = { mysql: !reached.mysql, redis: !reached.redis };
  const checks: readonly Check[] = [
    { name: 'MySQL', needs: ['mysql'], look: () => checkMysql(ctx.orm) },
    { name: 'servers of MySQL', needs: ['mysql'], look: () => checkMembers(ctx) },
    { name: 'Redis', needs: ['redis'], look: () => checkRedis(ctx.redis) },
    { name: 'schema and outbox', needs: ['mysql'], look: () => checkStored(ctx) },
    { name: 'clocks', needs: ['mysql', 'redis'], look: () => checkClocks(ctx) },
    { name: 'workers', needs: ['redis'], look: () => checkWorkers(ctx) },
    { name: 'settings', needs: [], look: async () => checkSettings(ctx.config) },
    { name: 'payment gateways', needs: [], look: () => checkGateways(ctx.config) },
    { name: 'watchlist', needs: ['mysql'], look: () => checkWatchlist(ctx) },
  ];
  const examined: Examined[] = parts.flatMap((part) => {
    const finding = reached[part];
    return finding ? [{ name: part, findings: [finding] }] : [];
  });
  for (const { name, needs, look } of checks) {
    const missing = needs.filter((part) => !isThere[part]);
    const one: Examined =
      missing.length > 0
        ? { name, findings: [], skipped: `${missing.join(' and ')} cannot be used, or is a replica` }
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

/** A check that fails is a finding: what it would have looked at may be what is wrong. */
function unreadable(name: string, error: unknown): Finding {
  const why = error instanceof Error ? error.message : String(error);
  return { id: 'unreadable', fault: `${name} could not be examined: ${why}`, remedy: 'See what the sentence names.' };
}
