import type { EntityManager } from '@mikro-orm/mysql';
import { z } from 'zod';
import { CompanyProfile, NewsCoverage } from '../entities/market.entity.ts';
import { GiveUp, NotInPlan, RateLimited } from '../errors.ts';
import type { Attempt } from '../jobs/define-job.ts';
import type { Producer } from '../jobs/enqueue.ts';
import { finnhub as queue } from '../jobs/queues.ts';
import type { Transaction } from '../outbox/transaction.ts';
import { type Copy, copyOf, freshLeftMs, latestBelieved } from './copy.ts';
import { aboutOf, type Ask, copyName, type MarketData, subjectOf, type Telling } from './market-data.ts';
import { lookOnce } from './look-once.ts';
import { failedForMs } from './failed-fetches.ts';
import type { Market } from './market.ts';
import { claimPoll, returnClaim } from './polling.ts';
import { priceTable } from './price.ts';

/** What a fetch needs of its process. */
export type MarketNeeds = Readonly<{
  em: EntityManager;
  transaction: Transaction;
  market: Market;
  jobs: Pick<Producer, 'enqueue' | 'laneShares'>;
  now: () => Date;
}>;

/** A job and the queue on which it waits. */
export const JobAddress = z.object({ queue: z.string(), id: z.string() });

/**
 * What became of a fetch: `stored` a new observation, `current` someone else had just done so, `unchanged` the provider
 * had nothing and the last good copy stays, `looked` it has just been asked in vain, `unknown_symbol`, `not_wanted` nobody
 * has asked for 30 s, `not_in_plan`, and `referred` to another job.
 */
export const FetchResult = z.looseObject({
  outcome: z.enum([
    'stored',
    'current',
    'unchanged',
    'looked',
    'unknown_symbol',
    'not_wanted',
    'not_in_plan',
    'referred',
  ]),
  /** Of a list that is kept item by item: how many are new. */
  published: z.int().optional(),
  referred_to: JobAddress.optional(),
});
/** What became of a fetch. */
export type Fetched = z.output<typeof FetchResult>;

/** Ends in which the provider was not asked: they use up no turn of their lane. */
const withoutCall: ReadonlySet<Fetched['outcome']> = new Set(['current', 'looked', 'not_wanted']);

/** One attempt at a kind of market data. */
type Fetch<A extends Ask, Said> = Readonly<{
  data: MarketData<A, Said>;
  attempt: Attempt<z.ZodType<A>>;
  name: string;
  freshMs: number;
  /** The watchlist calls by its own slots; for readers the provider is called once, whatever comes of it. */
  isPoll: boolean;
}>;

/**
 * One attempt to bring a copy up to date, within the rules that all market data share. A poll that nobody has joined calls
 * once a slot. @throws GiveUp when the provider fails, or has nothing of a listed symbol that must have something.
 */
export async function fetchMarketData<A extends Ask, Said>(
  data: MarketData<A, Said>,
  attempt: Attempt<z.ZodType<A>>,
  ctx: MarketNeeds,
): Promise<Fetched> {
  const { payload: ask } = attempt;
  const belongs = data.sameAs?.(ask);
  if (belongs) return fetchMarketData(belongs, attempt, ctx);
  const name = copyName(data, ask);
  const isPoll = ask['poll'] === true && !(await ctx.market.asks.isForPeople(name));
  const fetch = { data, attempt, name, freshMs: ctx.market.freshMs(data), isPoll };
  const outcome = await (isPoll ? fetchInSlot(fetch, ctx) : fetchOnce(fetch, ctx));
  if (withoutCall.has(outcome.outcome)) await ctx.jobs.laneShares.get(queue.name)?.passTurn(attempt.id);
  return { ...aboutOf(ask), ...outcome };
}

/** Calls once a slot, whatever becomes of the call. */
async function fetchInSlot<A extends Ask, Said>(fetch: Fetch<A, Said>, ctx: MarketNeeds): Promise<Fetched> {
  const claim = await claimPoll(ctx.transaction, subjectOf(fetch.attempt.payload), ctx.market.present);
  // Whoever has claimed the slot may still have to find that it is wanted, so that is left to run out.
  if (!claim) return { outcome: 'not_wanted' };
  try {
    const fetched = await fetchOnce(fetch, ctx);
    if (fetched.outcome === 'not_wanted') await returnClaim(ctx.transaction, claim);
    return fetched;
  } catch (error) {
    if (error instanceof RateLimited) await returnClaim(ctx.transaction, claim);
    throw error;
  }
}

async function fetchOnce<A extends Ask, Said>(fetch: Fetch<A, Said>, ctx: MarketNeeds): Promise<Fetched> {
  const { attempt, name, freshMs, isPoll } = fetch;
  const { asks, cache, failedFetches } = ctx.market;
  const copy = await cache.read(name);
  // The slot is a poll's own; and a cadence may be shorter than a copy is fresh.
  if (copy && !isPoll && (await isCurrent(copy, fetch, ctx))) return over({ outcome: 'current' });
  // The same of a symbol that the last fetch has found to be none.
  if (!copy && (await cache.isUnknown(name))) return over({ outcome: 'unknown_symbol' });
  if (!(await asks.isWanted(name))) return { outcome: 'not_wanted' };
  if (!isPoll && (await failedFetches.leftMs(name)) > 0) return over({ outcome: 'looked' });

  const hasCopy = async () => copy !== undefined || (await lastOf(fetch, ctx)) !== undefined;
  const forMs = async () => ((await hasCopy().catch(() => false)) ? freshMs : failedForMs);
  return lookOnce(failedFetches, { name, signal: attempt.signal, forMs }, async () =>
    over(await askProvider(fetch, ctx, hasCopy)),
  ).catch(async (error: unknown) => {
    if (!(error instanceof NotInPlan)) throw error;
    // Whoever is asked instead ends it, and must see until then that a reader waits.
    return (await refer(fetch, ctx)) ?? over({ outcome: 'not_in_plan' });
  });

  async function over(outcome: Fetched): Promise<Fetched> {
    await asks.end(name);
    return outcome;
  }
}

/** Whether there is no need to ask: whoever missed the cache just before the last fetch ended has queued this job in vain. */
async function isCurrent<A extends Ask, Said>(
  copy: Copy,
  { attempt, freshMs }: Fetch<A, Said>,
  { em, market, now }: MarketNeeds,
): Promise<boolean> {
  if (freshLeftMs(copy, freshMs, now()) >= 0) return true;
  if (copy.observedAtMs < attempt.askedAtMs) return false;
  // One that bears a moment yet to come was stored by a clock that is ahead, and may be older than the job.
  return copy.observedAtMs <= latestBelieved(await market.present(em));
}

/** Asks the provider, and does with its answer, or its silence, what is due. */
async function askProvider<A extends Ask, Said>(
  fetch: Fetch<A, Said>,
  ctx: MarketNeeds,
  hasCopy: () => Promise<boolean>,
): Promise<Fetched> {
  const { data, attempt, name, freshMs } = fetch;
  const { cache, finnhub, failedFetches } = ctx.market;
  const said = (await cache.hadNothing(name))
    ? undefined
    : await finnhub.get(data.call(attempt.payload), attempt.signal);
  if (said !== undefined) return store(fetch, said, ctx);
  const { silence } = data;
  const keepCopy = async (): Promise<Fetched> => {
    await failedFetches.note(name, freshMs);
    return { outcome: 'unchanged' };
  };
  if (silence === undefined || silence === 'fault') {
    if (await hasCopy()) return keepCopy();
    if (silence === 'fault' && (await isListed(fetch, ctx)))
      throw new GiveUp(`Finnhub has nothing for ${name} at the moment`);
  } else if (await yieldsToCopy(fetch, silence, ctx)) return keepCopy();
  else if ((await hasCopy()) || (await isStored(ctx.em, attempt.payload)) || (await isListed(fetch, ctx)))
    return store(fetch, silence.means, ctx);
  await cache.markUnknown(name);
  return { outcome: 'unknown_symbol' };
}

/**
 * Stores what was said and announces it, in one transaction with what others bring at this moment; the copy follows. The job may
 * run twice: its id makes both runs one observation.
 */
async function store<A extends Ask, Said>(
  { data, attempt, name }: Fetch<A, Said>,
  said: Said,
  { market, now }: MarketNeeds,
): Promise<Fetched> {
  const { id: jobId, payload: ask } = attempt;
  const observed = { jobId, observedAt: now(), source: 'finnhub' };
  const { seen, published } = await market.store({ data, ask, said, seen: observed });
  await market.cache.write(name, copyOf(seen), data.keptSeconds);
  return { outcome: 'stored', ...(published === undefined ? {} : { published }) };
}

/** Has somebody else asked where the plan does not include the call; undefined: there is nobody. */
async function refer<A extends Ask, Said>(
  { data, attempt }: Fetch<A, Said>,
  { jobs }: MarketNeeds,
): Promise<Fetched | undefined> {
  const job = data.fallback?.job;
  if (!job) return undefined;
  return {
    outcome: 'referred',
    referred_to: { queue: job.queue.name, id: await jobs.enqueue(job, attempt.payload) },
  };
}

function lastOf<A extends Ask, Said>({ data, attempt }: Fetch<A, Said>, { em, now }: MarketNeeds) {
  return data.store.last(em, attempt.payload, now());
}

/** Whether what is stored says more than that the provider has nothing. */
async function yieldsToCopy<A extends Ask, Said>(
  fetch: Fetch<A, Said>,
  { yieldsTo }: Telling<Said>,
  ctx: MarketNeeds,
): Promise<boolean> {
  const last = yieldsTo && (await lastOf(fetch, ctx));
  return last !== undefined && yieldsTo?.(last.facts, ctx.now()) === true;
}

/** Whether a search finds the symbol. When the plan has no call left for the question, the next attempt asks only that. */
async function isListed<A extends Ask, Said>(
  { attempt, name }: Fetch<A, Said>,
  { market: { cache, finnhub } }: MarketNeeds,
): Promise<boolean> {
  await cache.noteNothing(name, true);
  const answer = await finnhub.isListed(subjectOf(attempt.payload), attempt.signal);
  await cache.noteNothing(name, false);
  return answer;
}

/** Whether anything is stored of a symbol: then it needs no search. */
async function isStored(em: EntityManager, ask: Ask): Promise<boolean> {
  const of = { symbol: subjectOf(ask) };
  const found =
    (await em.findOne(NewsCoverage, of, { disableIdentityMap: true })) ??
    (await em.findOne(priceTable(of.symbol), of, { disableIdentityMap: true })) ??
    (await em.findOne(CompanyProfile, of, { disableIdentityMap: true }));
  return found !== null;
}
