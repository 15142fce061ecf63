import type { MikroORM } from '@mikro-orm/mysql';
import type { Redis } from '../redis/client.ts';
import type { Config } from '../config.ts';
import type { Producer } from '../jobs/enqueue.ts';
import type { Market } from '../market/market.ts';
import type { Payments } from '../payments/payments.ts';
import { ping } from '../mysql/database.ts';
import { within } from '../process/deadline.ts';
import { finnhub, payments } from '../jobs/queues.ts';
import { arePaymentsPaused } from '../jobs/pause.ts';
import { isWorked } from './drain.ts';

/** How what the platform stands on is, part by part, as this process sees it. */
export type Status = Readonly<{
  at: string;
  mysql: 'up' | 'away';
  redis: 'up' | 'away';
  prices: 'up' | 'slow' | 'away' | 'resting' | 'unmanned' | 'off' | 'unknown';
  charges: 'up' | 'paused' | 'unmanned' | 'unknown';
  gateway: 'up' | 'slow' | 'away' | 'unknown';
  exchanges: 'open' | 'closed' | 'unknown';
}>;

/** What is looked at. */
export type StatusParts = Readonly<{
  config: Config;
  now: () => Date;
  orm: MikroORM;
  redis: Redis;
  jobs: Pick<Producer, 'queues'>;
  market: Pick<Market, 'provider' | 'readBudget' | 'hours'>;
  payments: Pick<Payments, 'gateways'>;
}>;

type Looked = Readonly<{ atMs: number; status: Promise<Status> }>;

// Whoever watches learns of a fault within three seconds: of these and of the pause between two questions.
const patienceMs = 700;
const freshMs = 400;
// Gateways take a second or two over a charge, providers less over a price.
const slowMs = 2_000;

/** Tells how everything is. */
export type ReadStatus = () => Promise<Status>;

/**
 * Opens the look at everything: however many ask, one looks, and not again within 400 ms. What does not answer in time is
 * away or unknown.
 */
export function openStatus(parts: StatusParts): ReadStatus {
  let last: Looked | undefined;
  return () => {
    const atMs = performance.now();
    if (!last || atMs - last.atMs >= freshMs) last = { atMs, status: look(parts) };
    return last.status;
  };
}

async function look(ctx: StatusParts): Promise<Status> {
  const [hasMysql, hasRedis, prices, charges, gateway, exchanges] = await Promise.all([
    or(false, 'MySQL', () => ping(ctx.orm).then(() => true)),
    or(false, 'Redis', () => ctx.redis.ping().then(() => true)),
    or('unknown', 'Redis', () => pricesOf(ctx)),
    or('unknown', 'Redis or MySQL', () => chargesOf(ctx)),
    or('unknown', 'Redis', () => gatewayOf(ctx)),
    or('unknown', 'Redis', () => exchangesOf(ctx)),
  ] as const);
  const upOrAway = (isThere: boolean) => (isThere ? 'up' : 'away');
  return {
    at: ctx.now().toISOString(),
    mysql: upOrAway(hasMysql),
    redis: upOrAway(hasRedis),
    prices,
    charges,
    gateway,
    exchanges,
  };
}

function or<T>(otherwise: T, what: string, read: () => Promise<T>): Promise<T> {
  return within(patienceMs, what, read()).catch(() => otherwise);
}

async function pricesOf(ctx: StatusParts): Promise<Status['prices']> {
  if (!ctx.config.FINNHUB_API_KEY) return 'off';
  const [isManned, isAway, isSlow, budget] = await Promise.all([
    isMannedIn(ctx, finnhub.name),
    ctx.market.provider.isAway(),
    isSlowIn(ctx, finnhub.name),
    ctx.market.readBudget(),
  ]);
  if (!isManned) return 'unmanned';
  if (isAway || isSlow) return isAway ? 'away' : 'slow';
  return budget.restingUntilMs === undefined ? 'up' : 'resting';
}

async function chargesOf(ctx: StatusParts): Promise<Status['charges']> {
  const [isPaused, isManned] = await Promise.all([
    arePaymentsPaused(ctx.orm.em.fork()),
    isMannedIn(ctx, payments.name),
  ]);
  if (isPaused) return 'paused';
  return isManned ? 'up' : 'unmanned';
}

/** Where shares trade. */
async function exchangesOf({ market, now }: StatusParts): Promise<Status['exchanges']> {
  const isOpen = await market.hours.known(now());
  if (isOpen === undefined) return 'unknown';
  return isOpen ? 'open' : 'closed';
}

/** The one for new payments. It is not asked for this: it is as the last charges have found it, and as those under way find it. */
async function gatewayOf(ctx: StatusParts): Promise<Status['gateway']> {
  const { current, named } = ctx.payments.gateways;
  const [isAway, isSlow] = await Promise.all([named(current).outage.isAway(), isSlowIn(ctx, payments.name)]);
  if (isAway) return 'away';
  return isSlow ? 'slow' : 'up';
}

/** Whether a call of this queue has been under way for long. */
async function isSlowIn({ jobs, now }: StatusParts, queue: string): Promise<boolean> {
  const [oldest] = (await jobs.queues.get(queue)?.getJobs(['active'], 0, 0, true)) ?? [];
  return now().getTime() - (oldest?.processedOn ?? Number.POSITIVE_INFINITY) > slowMs;
}

async function isMannedIn({ jobs, config }: StatusParts, queue: string): Promise<boolean> {
  const found = jobs.queues.get(queue);
  return found !== undefined && (await isWorked(found, config));
}
