import type { ApiContext } from '../../context.ts';
import { Problem } from '../../errors.ts';
import type { Copy } from '../../market/cache.ts';
import { crc32 } from 'node:zlib';
import type { EntityManager } from '@mikro-orm/mysql';
import type { Context as HonoContext } from 'hono';
import { z } from 'zod';
import { refusedSeconds } from '../../gateways/finnhub/plan.ts';
import type { JobContract } from '../../jobs/define-job.ts';
import type { Lane } from '../../jobs/queues.ts';
import { answerTagged } from '../http/conditional.ts';
import type { RouteEnv } from '../http/define-route.ts';
import { publicAddress } from '../http/public-address.ts';

/** What is known here without asking the provider. */
export type Found = Readonly<{ copy: Copy | undefined; isUnknown: boolean }>;

/** Look-ups under way in this process: a crowd that comes all at once is one. */
const lookUps = new Map<string, Promise<Found>>();

/**
 * Finds the newest copy, in Redis or in MySQL, and without one, whether the provider is known not to know of any. `after`
 * is the job whose end it follows: who joined a look-up that began before would not see what that job brought.
 * @throws Problem upstream_unavailable when Redis is away and there is no copy.
 */
export function lookUp(ctx: ApiContext, read: MarketRead, after = ''): Promise<Found> {
  const name = `${read.name} ${after}`;
  const running = lookUps.get(name) ?? find(ctx, read).finally(() => lookUps.delete(name));
  lookUps.set(name, running);
  return running;
}

/** Says that Redis does not answer. */
export function away(error: unknown): never {
  throw new Problem('upstream_unavailable', 'Nothing is stored of this, and it cannot be fetched at the moment.', {
    cause: error,
    headers: { 'retry-after': '2' },
  });
}

async function find({ cache, orm, log }: ApiContext, read: MarketRead): Promise<Found> {
  const cached = await cache.read(read.name).catch((error: unknown) => {
    log.debug({ err: error }, 'cache away; reading MySQL');
    return undefined;
  });
  const copy = cached ?? (await read.stored(orm.em.fork()));
  return { copy, isUnknown: copy === undefined && (await cache.isUnknown(read.name).catch(away)) };
}

/** One thing that can be read from the market: where its copies are, and which job fetches it. */
export type MarketRead = Readonly<{
  name: string;
  freshMs: number;
  /** The last copy in MySQL, for when Redis has none. */
  stored(em: EntityManager): Promise<Copy | undefined>;
  /** Asks for the fetch, which waits in this lane. */
  ask(lane: Lane): Promise<Asked>;
  /** The name of the provider's call; undefined where another provider is asked instead. */
  call: string | undefined;
  /** It hardly changes: an old copy is refreshed after everything else. */
  isPatient?: boolean;
  /** Whether anything can be asked; by default, whether there is a key for Finnhub. */
  isConfigured?: boolean;
}>;

/** A job and the queue on which it waits. */
export type Asked = z.output<typeof Asked>;
const Asked = z.object({ queue: z.string(), id: z.string() });

// A job may have found that another one has to do it.
const Referral = z.object({ referred_to: Asked });

const defaultWaitSeconds = 3;
const mostWaitSeconds = 10;
const busyRetrySeconds = 5;

/** Fetches under way in this process, by lane and name: any number of askers cause one admission and one job. */
const fetches = new Map<string, Promise<Asked>>();

/** Enqueues a job and tells where it waits. */
export async function askFor<P extends z.ZodType>(
  { producer }: ApiContext,
  job: JobContract<P>,
  payload: z.input<P>,
  lane: Lane,
): Promise<Asked> {
  return { queue: job.queue.name, id: await producer.enqueue(job, payload, { lane }) };
}

/**
 * Answers from the newest copy: fresh 200; old 200 with `stale` and one refresh; none: waits, then 202.
 * @throws Problem unknown_symbol, market_busy, upstream_unavailable, provider_plan_required or not_configured.
 */
export async function readMarket(c: HonoContext<RouteEnv>, read: MarketRead): Promise<Response> {
  const { ctx } = c.var;
  if (!(read.isConfigured ?? ctx.config.FINNHUB_API_KEY))
    throw new Problem('not_configured', 'This deployment has no provider of market data.', {
      headers: { 'retry-after': '3600' },
    });
  const { copy, isUnknown } = await lookUp(ctx, read);
  if (copy && isFresh(ctx, read, copy)) return answer(c, read, copy, false);
  if (copy) {
    // The caller does not wait for the refresh; when it cannot be asked for, the next reader tries again.
    startFetch(c, read, true).catch((error: unknown) => ctx.log.debug({ err: error }, 'no refresh'));
    return answer(c, read, copy, true);
  }
  if (isUnknown) throw unknown(c);
  return fetchAndAnswer(c, read);
}

async function fetchAndAnswer(c: HonoContext<RouteEnv>, read: MarketRead): Promise<Response> {
  const { ctx } = c.var;
  const { asked, copy } = await fetchNow(c, read, waitMs(c.req.header('prefer')));
  if (copy) return answer(c, read, copy, !isFresh(ctx, read, copy));
  c.header('location', publicAddress(ctx.config, `/jobs/${asked.id}`));
  c.header('retry-after', '1');
  return c.json({ job_id: asked.id, state: 'waiting' as const }, 202);
}

/** Has fetched what has no copy, and waits so long for it; no copy when it is still being fetched then. */
async function fetchNow(c: HonoContext<RouteEnv>, read: MarketRead, forMs: number) {
  const { ctx } = c.var;
  const { asked, hasEnded } = await waitFor(ctx, await startFetch(c, read, false), forMs);
  if (!hasEnded) return { asked, copy: undefined };
  const { copy, isUnknown } = await lookUp(ctx, read, asked.id);
  if (copy) return { asked, copy };
  if (isUnknown) throw unknown(c);
  await refuseOutsidePlan(ctx, read);
  throw nothingNow(await ctx.looks.leftMs(read.name));
}

/**
 * Makes sure that the provider knows what would be read: a copy of it is stored, or the provider is asked for one.
 * @throws Problem unknown_symbol, market_busy, upstream_unavailable or provider_plan_required.
 */
export async function requireKnown(c: HonoContext<RouteEnv>, read: MarketRead): Promise<void> {
  const { copy, isUnknown } = await lookUp(c.var.ctx, read);
  if (isUnknown) throw unknown(c);
  if (!copy && !(await fetchNow(c, read, mostWaitSeconds * 1_000)).copy) throw nothingNow(0);
}

/** Waits for a job, and for the one that it refers to, until the time is up. */
async function waitFor(ctx: ApiContext, asked: Asked, forMs: number): Promise<{ asked: Asked; hasEnded: boolean }> {
  const until = performance.now() + forMs;
  const ending = await ctx.answers.endOf(asked.queue, asked.id, forMs);
  const referral = Referral.safeParse(ending?.isDone ? ending.result : undefined);
  if (!referral.success) return { asked, hasEnded: ending !== undefined };
  return waitFor(ctx, referral.data.referred_to, Math.max(0, until - performance.now()));
}

function startFetch(c: HonoContext<RouteEnv>, read: MarketRead, hasCopy: boolean): Promise<Asked> {
  const lane = laneOf(c, read, hasCopy);
  const name = `${lane} ${read.name}`;
  const running = fetches.get(name) ?? admitAndAsk(c.var.ctx, read, lane).finally(() => fetches.delete(name));
  fetches.set(name, running);
  return running;
}

function laneOf(c: HonoContext<RouteEnv>, { isPatient }: MarketRead, hasCopy: boolean): Lane {
  if (hasCopy && isPatient) return 'refresh';
  if (c.var.caller) return 'logged_in';
  return hasCopy ? 'anonymous_stale' : 'anonymous_cold';
}

async function admitAndAsk(ctx: ApiContext, read: MarketRead, lane: Lane): Promise<Asked> {
  await refuseOutsidePlan(ctx, read);
  const leftMs = await ctx.looks.leftMs(read.name);
  if (leftMs > 0) throw nothingNow(leftMs);
  if (!(await ctx.asks.admit(read.name, lane).catch(away)))
    throw new Problem('market_busy', 'Five hundred symbols already wait for the provider.', {
      headers: { 'retry-after': String(busyRetrySeconds) },
    });
  return read.ask(lane).catch(away);
}

function isFresh({ now }: ApiContext, { freshMs }: MarketRead, { observedAtMs }: Copy): boolean {
  return now().getTime() - observedAtMs < freshMs;
}

function answer(c: HonoContext<RouteEnv>, { freshMs }: MarketRead, copy: Copy, isStale: boolean): Response {
  const ageMs = Math.max(0, c.var.ctx.now().getTime() - copy.observedAtMs);
  const leftSeconds = Math.ceil((freshMs - ageMs) / 1_000);
  const json = `${copy.body},"stale":${isStale}}`;
  return answerTagged(c, json, {
    age: String(Math.floor(ageMs / 1_000)),
    // News of one moment may be told more of later, by a fetch of fewer days.
    etag: `"${copy.observedAtMs.toString(36)}-${crc32(json).toString(36)}"`,
    'cache-status': `orderflow; hit; ttl=${leftSeconds}`,
    'cache-control': `public, max-age=${Math.max(0, leftSeconds)}`,
  });
}

/** `Prefer: wait=N` in milliseconds; anything else counts as the default. */
function waitMs(prefer: string | undefined): number {
  const named = /(?:^|[,;\s])wait=(\d{1,4})(?:$|[,;\s])/.exec(prefer ?? '')?.[1];
  return Math.min(named === undefined ? defaultWaitSeconds : Number(named), mostWaitSeconds) * 1_000;
}

function unknown(c: HonoContext<RouteEnv>): Problem {
  const { symbol = c.req.param('symbol'), base, q } = c.req.query();
  return new Problem('unknown_symbol', `The provider does not know '${symbol ?? base ?? q}'.`);
}

/** The provider has just been asked in vain: whoever comes back later may make it be asked again. */
function nothingNow(leftMs: number): Problem {
  return new Problem('upstream_unavailable', 'The provider has no usable answer at the moment.', {
    headers: { 'retry-after': String(Math.ceil(leftMs / 1_000) || busyRetrySeconds) },
  });
}

async function refuseOutsidePlan({ plan }: ApiContext, { call }: MarketRead): Promise<void> {
  if (call === undefined || !(await plan.isOutside(call))) return;
  throw new Problem('provider_plan_required', 'The plan does not include this, and nobody else is asked for it.', {
    headers: { 'retry-after': String(refusedSeconds) },
  });
}
