import { isIP } from 'node:net';
import type { Config } from '../config.ts';
import type { Context } from '../context.ts';
import { isOverPlan, pollingIn } from '../market/polling.ts';
import { when, type Finding } from '../process/finding.ts';
import { redisHosts } from './reach.ts';

/** Providers stop everybody at this, whatever they pay. */
const providerPerSecond = 30;

/** Looks at variables that can be read, and do not mean what somebody meant. */
export function checkSettings(config: Config): readonly Finding[] {
  const { hostname, protocol } = new URL(config.publicUrl);
  const isPublic = config.isProduction && !isInside(hostname);
  return [
    ...when(
      isPublic && protocol === 'http:',
      'public_url_plain',
      `Logins and orders travel unencrypted: PUBLIC_URL is ${config.publicUrl}.`,
      'Put a proxy with TLS in front, and name its https address in PUBLIC_URL.',
    ),
    ...checkLinks(config),
    ...when(
      protocol === 'https:' && config.TRUSTED_PROXIES === undefined,
      'no_trusted_proxies',
      'All callers share the limits of one address: TLS ends at a proxy, and TRUSTED_PROXIES names none.',
      'Name its address or subnet in TRUSTED_PROXIES.',
    ),
    ...when(
      config.FINNHUB_PER_SECOND > providerPerSecond || config.FINNHUB_WINDOW_MS !== 60_000,
      'plan_limits',
      `The provider stops everybody at ${providerPerSecond} calls a second, and counts by the minute.`,
      'Set FINNHUB_PER_SECOND to 30 or less, and leave FINNHUB_WINDOW_MS unset.',
    ),
    ...when(
      config.PAYMENTS_SHARDS > 1 && config.REDIS_CLUSTER === undefined,
      'shards_on_one_server',
      `One thread of Redis serves all ${config.PAYMENTS_SHARDS} shards of payments: they only cost.`,
      'Set PAYMENTS_SHARDS to 1, or name a cluster in REDIS_CLUSTER.',
    ),
  ];
}

/** Looks whether what is asked of servers in other networks travels so that anybody on the way can read it. */
function checkLinks(config: Config): readonly Finding[] {
  const { isProduction, mysqlHosts, mysqlReadHosts, MYSQL_SSL_CA, REDIS_TLS } = config;
  const outside = (hosts: Config['mysqlHosts']) => hosts.filter(({ host }) => isProduction && !isInside(host));
  const [mysql] = MYSQL_SSL_CA ? [] : outside([...mysqlHosts, ...mysqlReadHosts]);
  const [redis] = REDIS_TLS ? [] : outside(redisHosts(config));
  return [
    ...when(
      mysql !== undefined,
      'mysql_plain',
      `Orders and passwords travel unencrypted to ${mysql?.host}: MYSQL_SSL_CA is not set.`,
      'Name the file of the certificate that signs those of MySQL in MYSQL_SSL_CA.',
    ),
    ...when(
      redis !== undefined,
      'redis_plain',
      `Jobs and a password travel unencrypted to ${redis?.host}: REDIS_TLS is not set.`,
      'Set REDIS_TLS to true, or to the file of the certificate that signs those of Redis.',
    ),
  ];
}

/** Looks whether what is polled fits the plan, which may have become smaller. */
export async function checkWatchlist({ market: { watchlist } }: Pick<Context, 'market'>): Promise<readonly Finding[]> {
  if (!watchlist.isPolled) return [];
  const cadences = (await watchlist.all()).map(({ everySeconds }) => everySeconds);
  const { calls, mostCalls } = pollingIn(cadences, watchlist.plan);
  return when(
    isOverPlan(cadences, watchlist.plan),
    'watchlist_over_plan',
    `The watchlist wants ${Math.round(calls)} calls a window, and the plan has ${Math.round(mostCalls)} for it: prices get old.`,
    'Raise FINNHUB_PER_MINUTE to what is paid for, or poll less: PUT /market/watchlist/{symbol}.',
  );
}

/** Whether a name or address is one of a network of one's own. */
export function isInside(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '');
  if (isIP(bare) === 4) return /^(10|127)\.|^192\.168\.|^172\.(1[6-9]|2\d|3[01])\.|^169\.254\./.test(bare);
  if (isIP(bare) === 6) return /^(::1$|f[cd]|fe80)/i.test(bare);
  return !bare.includes('.') || /\.(local|localhost|internal|svc|test)$/.test(bare);
}
