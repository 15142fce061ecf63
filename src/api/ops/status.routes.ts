import type { ApiContext } from '../../context.ts';
import { ping } from '../../mysql/database.ts';
import { within } from '../../process/deadline.ts';
import { finnhub, payments } from '../../jobs/queues.ts';
import { arePaymentsPaused } from '../../ops/pause.ts';
import { z } from '@hono/zod-openapi';
import { defineRoute } from '../http/define-route.ts';

/** How what the platform stands on is, part by part, as this process sees it. */
export type Status = Readonly<{
  at: string;
  mysql: 'up' | 'away';
  redis: 'up' | 'away';
  prices: 'up' | 'slow' | 'away' | 'resting' | 'unmanned' | 'off' | 'unknown';
  charges: 'up' | 'paused' | 'unmanned' | 'unknown';
  gateway: 'up' | 'slow' | 'away' | 'unknown';
}>;

type Looked = Readonly<{ atMs: number; status: Promise<Status> }>;

// Whoever watches learns of a fault within three seconds: of these and of the pause between two questions.
const patienceMs = 700;
const freshMs = 400;
// Gateways take a second or two over a charge, providers less over a price.
const slowMs = 2_000;

/** The last look of each process, or of each context in a test: however many watch, one looks. */
const looks = new WeakMap<object, Looked>();

/** Looks at everything at once, unless somebody has just done so. What does not answer in time is away or unknown. */
export function readStatus(ctx: ApiContext): Promise<Status> {
  const last = looks.get(ctx);
  const atMs = performance.now();
  if (last && atMs - last.atMs < freshMs) return last.status;
  const status = look(ctx);
  looks.set(ctx, { atMs, status });
  return status;
}

async function look(ctx: ApiContext): Promise<Status> {
  const [hasMysql, hasRedis, prices, charges, gateway] = await Promise.all([
    or(false, 'MySQL', () => ping(ctx.orm).then(() => true)),
    or(false, 'Redis', () => ctx.redis.ping().then(() => true)),
    or('unknown', 'Redis', () => pricesOf(ctx)),
    or('unknown', 'Redis or MySQL', () => chargesOf(ctx)),
    or('unknown', 'Redis', () => gatewayOf(ctx)),
  ] as const);
  const upOrAway = (isThere: boolean) => (isThere ? 'up' : 'away');
  return {
    at: ctx.now().toISOString(),
    mysql: upOrAway(hasMysql),
    redis: upOrAway(hasRedis),
    prices,
    charges,
    gateway,
  };
}

function or<T>(otherwise: T, what: string, read: () => Promise<T>): Promise<T> {
  return within(patienceMs, what, read()).catch(() => otherwise);
}

async function pricesOf(ctx: ApiContext): Promise<Status['prices']> {
  if (!ctx.config.FINNHUB_API_KEY) return 'off';
  const [isManned, isAway, isSlow, budget] = await Promise.all([
    isMannedIn(ctx, finnhub.name),
    ctx.provider.isAway(),
    isSlowIn(ctx, finnhub.name),
    ctx.readBudget(),
  ]);
  if (!isManned) return 'unmanned';
  if (isAway || isSlow) return isAway ? 'away' : 'slow';
  return budget.restingUntilMs === undefined ? 'up' : 'resting';
}

async function chargesOf(ctx: ApiContext): Promise<Status['charges']> {
  const [isPaused, isManned] = await Promise.all([
    arePaymentsPaused(ctx.orm.em.fork()),
    isMannedIn(ctx, payments.name),
  ]);
  if (isPaused) return 'paused';
  return isManned ? 'up' : 'unmanned';
}

/** The gateway is not asked for this: it is as the last charges have found it, and as those under way find it. */
async function gatewayOf(ctx: ApiContext): Promise<Status['gateway']> {
  const [isAway, isSlow] = await Promise.all([ctx.outage.isAway(), isSlowIn(ctx, payments.name)]);
  if (isAway) return 'away';
  return isSlow ? 'slow' : 'up';
}

/** Whether a call of this queue has been under way for long. */
async function isSlowIn({ producer, now }: ApiContext, queue: string): Promise<boolean> {
  const [oldest] = (await producer.queues.get(queue)?.getJobs(['active'], 0, 0, true)) ?? [];
  return now().getTime() - (oldest?.processedOn ?? Number.POSITIVE_INFINITY) > slowMs;
}

async function isMannedIn({ producer, config }: ApiContext, queue: string): Promise<boolean> {
  const workers = (await producer.queues.get(queue)?.getWorkers()) ?? [];
  // One Redis may hold several installations, each in a db of its own.
  return workers.some(({ db }) => Number(db) === config.REDIS_DB);
}

const StatusView = z
  .object({
    at: z.string(),
    mysql: z.enum(['up', 'away']).openapi({ description: 'Away: nothing can be ordered or looked up.' }),
    redis: z.enum(['up', 'away']).openapi({ description: 'Away: orders are taken, and all else waits.' }),
    prices: z.enum(['up', 'slow', 'away', 'resting', 'unmanned', 'off', 'unknown']).openapi({
      description:
        'As the last fetches have found their provider. Slow: one is under way for long; away: the last one had no answer; resting: it wants a rest; unmanned: no worker is there; off: there is no key.',
    }),
    charges: z.enum(['up', 'paused', 'unmanned', 'unknown']).openapi({
      description: 'Who charges. Paused: an administrator has stopped it; unmanned: no worker is there.',
    }),
    gateway: z.enum(['up', 'slow', 'away', 'unknown']).openapi({
      description:
        'As the last charges have found it. Slow: one is under way for long; away: the last one had no answer.',
    }),
  })
  .openapi('Status');

const example = {
  at: '2026-11-26T10:00:00.000Z',
  mysql: 'up' as const,
  redis: 'up' as const,
  prices: 'up' as const,
  charges: 'paused' as const,
  gateway: 'up' as const,
};

const status = defineRoute(
  'public',
  {
    method: 'get',
    path: '/status',
    operationId: 'readStatus',
    summary: 'How each part is that the platform stands on, as this process sees it; for people who watch.',
    description:
      'Answers within a second, also when everything is away; unknown is what cannot be looked up then. Cheap: however many ask, one looks. Probes ask `/readyz`.',
    tags: ['about'],
    responses: {
      200: { description: 'Every part.', content: { 'application/json': { schema: StatusView, example } } },
    },
  },
  async (c) => {
    c.header('cache-control', 'no-store');
    return c.json(await readStatus(c.var.ctx), 200);
  },
);

/** What works and what does not. */
export const routes = [status];
