import type { MikroORM } from '@mikro-orm/mysql';
import { z } from 'zod';
import { Problem } from '../errors.ts';
import { callName, refusedSeconds } from '../gateways/finnhub/plan.ts';
import type { JobAnswers } from '../jobs/answers.ts';
import type { Producer } from '../jobs/enqueue.ts';
import { isForPeople, type Lane } from '../jobs/queues.ts';
import type { Tenant } from '../jobs/shares.ts';
import type { Log } from '../process/log.ts';
import { type Copy, copyOf, freshLeftMs } from './copy.ts';
import { busyRetrySeconds, marketBusy } from './asks.ts';
import { type Ask, copyName, type MarketData, subjectOf } from './market-data.ts';
import { JobAddress } from './fetch-market-data.ts';
import type { Market } from './market.ts';

/** One thing that can be read from the market: of which kind, and what is asked for. */
export type MarketRead = Readonly<{ data: MarketData; ask: Ask }>;

/** Who reads, whether that is a login, as whom they wait for the provider, and how long when nothing is stored, ms. */
export type Reader = Readonly<{ isKnown: boolean; waitMs: number; tenant?: Tenant }>;

/** The job that was asked for. */
type Asked = z.output<typeof JobAddress>;

/** What is read: a copy, fresh or old; without one, the job that fetches it. */
export type MarketAnswer = Readonly<
  | { copy: Copy /** For how much longer it is fresh. */; freshMs: number; isStale: boolean }
  | { copy: undefined; asked: Asked }
>;

/** Reads from the market: from copies at once, and where there is none, by a fetch. */
export type MarketReads = Readonly<{
  /**
   * Answers from the newest copy: fresh; old, with one refresh; none: waits for the fetch.
   * @throws Problem unknown_symbol, market_busy, upstream_unavailable, provider_plan_required or not_configured.
   */
  read(read: MarketRead, reader: Reader): Promise<MarketAnswer>;
  /**
   * Makes sure that the provider knows what would be read: a copy of it is stored, or the provider is asked for one.
   * @throws Problem unknown_symbol, market_busy, upstream_unavailable or provider_plan_required.
   */
  requireKnown(read: MarketRead): Promise<void>;
}>;

/** What reading needs of its process. */
export type ReadParts = Readonly<{
  market: Market;
  jobs: Pick<Producer, 'enqueue'>;
  orm: MikroORM;
  answers: JobAnswers;
  now: () => Date;
  log: Log;
  /** Whether Finnhub can be asked. */
  hasKey: boolean;
}>;

/** The longest that a reader waits, ms. */
export const mostWaitMs = 10_000;

// A job may have found that another one has to do it.
const Referral = z.object({ referred_to: JobAddress });

type Found = Readonly<{ copy: Copy | undefined; isUnknown: boolean }>;

/** Opens reading. A crowd that comes all at once is one look-up, one admission and one job. */
export function openMarketReads(parts: ReadParts): MarketReads {
  const { log, market } = parts;
  const lookUps = openFlights<Found>();
  const fetches = openFlights<Asked>();
  // Who joined a look-up that began before a job's end would not see what that job brought.
  const lookUp = (read: Named, after = '') => lookUps(`${read.name} ${after}`, () => find(parts, read));
  const startFetch = (read: Named, lane: Lane, tenant: Tenant | undefined) => {
    const asking = isForPeople(lane) ? tenant : undefined;
    return fetches(`${lane} ${asking} ${read.name}`, () => admitAndAsk(parts, read, { lane, tenant: asking }));
  };

  /** Has fetched what has no copy, and waits so long for it; no copy when it is still being fetched then. */
  const fetchNow = async (read: Named, { isKnown, waitMs, tenant }: Reader) => {
    const lane = isKnown ? 'logged_in' : 'anonymous_cold';
    const { asked, hasEnded } = await waitFor(parts, await startFetch(read, lane, tenant), waitMs);
    if (!hasEnded) return { asked, copy: undefined };
    const { copy, isUnknown } = await lookUp(read, asked.id);
    if (copy) return { asked, copy };
    if (isUnknown) throw unknown(read);
    await refuseOutsidePlan(parts, read);
    throw nothingNow(await market.failedFetches.leftMs(read.name));
  };
  const answerOf = ({ data }: Named, copy: Copy) => {
    const freshMs = freshLeftMs(copy, market.freshMs(data), parts.now());
    return { copy, freshMs, isStale: freshMs <= 0 };
  };
  return {
    async read(asking, reader) {
      const read = named(asking);
      if (!isConfigured(parts, read.data))
        throw new Problem('not_configured', 'This deployment has no provider of market data.', {
          headers: { 'retry-after': '3600' },
        });
      const { copy, isUnknown } = await lookUp(read);
      if (copy) {
        const answer = answerOf(read, copy);
        // The caller does not wait for the refresh; when it cannot be asked for, the next reader tries again.
        const lane = read.data.isPatient ? 'refresh' : reader.isKnown ? 'logged_in' : 'anonymous_stale';
        const refresh = () => startFetch(read, lane, reader.tenant);
        if (answer.isStale) refresh().catch((error: unknown) => log.debug({ err: error }, 'no refresh'));
        return answer;
      }
      if (isUnknown) throw unknown(read);
      const fetched = await fetchNow(read, reader);
      return fetched.copy ? answerOf(read, fetched.copy) : { copy: undefined, asked: fetched.asked };
    },
    async requireKnown(asking) {
      const read = named(asking);
      const { copy, isUnknown } = await lookUp(read);
      if (isUnknown) throw unknown(read);
      if (!copy && !(await fetchNow(read, { isKnown: true, waitMs: mostWaitMs })).copy) throw nothingNow(0);
    },
  };
}

/** What is read, by the name of its copy. */
type Named = MarketRead & Readonly<{ name: string }>;

function named({ data, ask }: MarketRead): Named {
  return { data: data.sameAs?.(ask) ?? data, ask, name: copyName(data, ask) };
}

/** Whether anybody can be asked. */
function isConfigured({ market, hasKey }: ReadParts, { fallback }: MarketData): boolean {
  return hasKey || (fallback?.isConfigured(market) ?? false);
}

/** Work of one name at a time: whoever asks for it while it is under way gets the same. */
function openFlights<T>(): (name: string, work: () => Promise<T>) => Promise<T> {
  const flights = new Map<string, Promise<T>>();
  return (name, work) => {
    const running = flights.get(name) ?? work().finally(() => flights.delete(name));
    flights.set(name, running);
    return running;
  };
}

/** What is known here without asking the provider. @throws Problem upstream_unavailable when Redis is away and there is no copy. */
async function find({ market: { cache }, orm, log, now }: ReadParts, { data, ask, name }: Named): Promise<Found> {
  const cached = await cache.read(name).catch((error: unknown) => {
    log.debug({ err: error }, 'cache away; reading MySQL');
    return undefined;
  });
  const stored = cached ? undefined : await data.store.last(orm.em.fork(), ask, now());
  const copy = cached ?? (stored && copyOf(stored));
  return { copy, isUnknown: copy === undefined && (await cache.isUnknown(name).catch(away)) };
}

/** Waits for a job, and for the one that it refers to, until the time is up. */
async function waitFor(
  parts: Pick<ReadParts, 'answers'>,
  asked: Asked,
  forMs: number,
): Promise<Readonly<{ asked: Asked; hasEnded: boolean }>> {
  const until = performance.now() + forMs;
  const ending = await parts.answers.endOf(asked.queue, asked.id, forMs);
  const referral = Referral.safeParse(ending?.isDone ? ending.result : undefined);
  if (!referral.success) return { asked, hasEnded: ending !== undefined };
  return waitFor(parts, referral.data.referred_to, Math.max(0, until - performance.now()));
}

/** In which lane somebody asks, and as whom they wait there. */
type Asking = Readonly<{ lane: Lane; tenant: Tenant | undefined }>;

async function admitAndAsk(parts: ReadParts, read: Named, asking: Asking): Promise<Asked> {
  const { asks, failedFetches } = parts.market;
  await refuseOutsidePlan(parts, read);
  const leftMs = await failedFetches.leftMs(read.name);
  if (leftMs > 0) throw nothingNow(leftMs);
  if (!(await asks.admit(read.name, asking.lane, asking.tenant).catch(away))) throw marketBusy();
  return enqueue(parts, read, asking).catch(away);
}

/** Asks for the fetch; who is known not to have it is not asked first. */
async function enqueue(parts: ReadParts, { data, ask }: Named, { lane, tenant }: Asking): Promise<Asked> {
  const { fallback, job: own } = data;
  const isReferred = fallback && (!parts.hasKey || (await isOutsidePlan(parts, { data, ask })));
  const job = isReferred ? fallback.job : own;
  const options = { lane: isReferred ? ('logged_in' as const) : lane, ...(tenant !== undefined && { tenant }) };
  const id = await parts.jobs.enqueue(job, ask, options);
  return { queue: job.queue.name, id };
}

/** Says that Redis does not answer. */
function away(error: unknown): never {
  throw new Problem('upstream_unavailable', 'Nothing is stored of this, and it cannot be fetched at the moment.', {
    cause: error,
    headers: { 'retry-after': '2' },
  });
}

function unknown({ ask }: MarketRead): Problem {
  return new Problem('unknown_symbol', `The provider does not know '${subjectOf(ask)}'.`);
}

/** The provider has just been asked in vain: whoever comes back later may make it be asked again. */
function nothingNow(leftMs: number): Problem {
  return new Problem('upstream_unavailable', 'The provider has no usable answer at the moment.', {
    headers: { 'retry-after': String(Math.ceil(leftMs / 1_000) || busyRetrySeconds) },
  });
}

async function refuseOutsidePlan(parts: ReadParts, read: MarketRead): Promise<void> {
  // A plan without it has somebody else instead.
  if (read.data.fallback || !(await isOutsidePlan(parts, read))) return;
  throw new Problem('provider_plan_required', 'The plan does not include this, and nobody else is asked for it.', {
    headers: { 'retry-after': String(refusedSeconds) },
  });
}

function isOutsidePlan({ market: { plan } }: ReadParts, { data, ask }: MarketRead): Promise<boolean> {
  const { path, query } = data.call(ask);
  return plan.isOutside(callName(path, query['symbol']));
}
