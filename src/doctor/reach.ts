import { once } from 'node:events';
import { type Context, openServer } from '../context.ts';
import type { Config } from '../config.ts';
import { ping, whyUnreached } from '../mysql/database.ts';
import { within } from '../process/deadline.ts';
import type { Finding, Unreached } from '../process/finding.ts';
import { whyRedisUnreached } from '../redis/unreached.ts';

/** Why a part cannot be used; undefined where it answers. */
export type Reached = Readonly<{ mysql: Finding | undefined; redis: Finding | undefined }>;

/** Asks MySQL and Redis for an answer, and tells a refusal or a certificate from silence. */
export async function reach({ config, orm, redis }: Context, patienceMs: number): Promise<Reached> {
  const askRedis = async () => {
    if (redis.status !== 'ready') await once(redis, 'ready');
    await redis.ping();
  };
  const mysqlRefused = await refusalOf(ping(orm));
  const redisRefused = await refusalOf(within(patienceMs, 'Redis', askRedis()));
  return {
    mysql: mysqlRefused && byWhy('mysql', config.mysqlHosts, whyUnreached(orm, mysqlRefused.error)),
    redis:
      redisRefused &&
      byWhy('redis', redisHosts(config), whyRedisUnreached(redisRefused.error, Boolean(config.REDIS_TLS))),
  };
}

/** Looks at each server that is named beside others, or to be read: while another answers, nobody notices that it is away. */
export async function checkMembers({ config }: Pick<Context, 'config'>): Promise<readonly Finding[]> {
  const { mysqlHosts, mysqlReadHosts } = config;
  const members = [
    ...(mysqlHosts.length > 1 ? mysqlHosts : []).map((host) => ({ variable: 'MYSQL_HOST', host })),
    ...mysqlReadHosts.map((host) => ({ variable: 'MYSQL_READ_HOST', host })),
  ];
  const looks = members.map(async ({ variable, host }): Promise<readonly Finding[]> => {
    const orm = await openServer(config, host);
    try {
      const refused = await refusalOf(ping(orm));
      if (!refused) return [];
      const { fault, remedy } = whyUnreached(orm, refused.error);
      return [{ id: 'mysql_member', fault: `Of ${variable}: ${fault}.`, remedy: `${capitalised(remedy)}.` }];
    } finally {
      await orm.close(true);
    }
  });
  return (await Promise.all(looks)).flat();
}

/** The servers that the variables of Redis name. */
export function redisHosts({
  REDIS_CLUSTER,
  REDIS_SENTINELS,
  REDIS_HOST,
  REDIS_PORT: port,
}: Config): Config['mysqlHosts'] {
  return REDIS_CLUSTER ?? REDIS_SENTINELS ?? [{ host: REDIS_HOST ?? '', port }];
}

async function refusalOf(asking: Promise<unknown>): Promise<Readonly<{ error: unknown }> | undefined> {
  return asking.then(
    () => undefined,
    (error: unknown) => ({ error }),
  );
}

function byWhy(part: keyof Reached, hosts: Config['mysqlHosts'], { kind, fault, remedy }: Unreached): Finding {
  if (kind !== 'away') return { id: `${part}_${kind}`, fault: `${fault}.`, remedy: `${capitalised(remedy)}.` };
  const [name, listed] = [{ mysql: 'MySQL', redis: 'Redis' }[part], hosts.map(({ host, port }) => `${host}:${port}`)];
  return {
    id: `${part}_away`,
    fault: `${name} at ${listed.join(', ')} does not answer.`,
    remedy: `${capitalised(remedy)}.`,
  };
}

function capitalised(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}
