import type { JobContext } from '../../context.ts';
import { GiveUp, NotInPlan, RateLimited } from '../../errors.ts';
import { z } from 'zod';
import type { EntityManager } from '@mikro-orm/mysql';
import type { Copy } from '../../market/cache.ts';
import { lookMs } from '../../market/looks.ts';
import type { Attempt } from '../define-job.ts';

/** A call for which a reader has to wait, and how long it counts when it brings nothing. */
export type Look = Readonly<{ name: string; signal: AbortSignal; forMs(): Promise<number> }>;

/**
 * Makes a call, and remembers it when it fails: until its time is up no reader causes another, so that a further try would
 * find nothing to do. A rest, a plan without the call, and a process that ends count for no look.
 * @throws GiveUp instead of a fault.
 */
export async function lookOnce<T>(
  { market: { looks } }: Readonly<{ market: Pick<JobContext['market'], 'looks'> }>,
  { name, signal, forMs }: Look,
  call: () => Promise<T>,
): Promise<T> {
  return call().catch(async (error: unknown) => {
    if (error instanceof RateLimited || error instanceof NotInPlan || isShutDown(signal)) throw error;
    await looks.note(name, await forMs());
    if (error instanceof GiveUp) throw error;
    throw new GiveUp(error instanceof Error ? error.message : String(error), { cause: error });
  });
}

function isShutDown({ aborted, reason }: AbortSignal): boolean {
  return aborted && !(reason instanceof DOMException && reason.name === 'TimeoutError');
}

/**
 * What became of a fetch: `stored` a new observation, `current` someone else had just done so, `unchanged` the provider
 * had nothing and the last good copy stays, `looked` it has just been asked in vain, `unknown_symbol`, `not_wanted` nobody
 * has asked for 30 s, and `not_in_plan`.
 */
export const FetchOutcome = z.enum([
  'stored',
  'current',
  'unchanged',
  'looked',
  'unknown_symbol',
  'not_wanted',
  'not_in_plan',
]);
type Outcome = z.output<typeof FetchOutcome>;

/** How one copy of market data is brought up to date. */
export type CopyFetch = Readonly<{
  name: string;
  freshMs: number;
  /** How long the cache keeps the copy; a week unless told otherwise. */
  keptSeconds?: number;
  /** Asks the provider and stores what it says; undefined when it has nothing. */
  fetch(): Promise<Copy | undefined>;
  /** The last good copy in MySQL. */
  stored(em: EntityManager): Promise<Copy | undefined>;
  /** Whether what the provider has nothing for exists all the same; costs a call, and is asked only when it matters. */
  isListed?(): Promise<boolean>;
}>;

/**
 * One try of a fetch, within the rules that all market data share. For readers the provider is called once, whatever comes
 * of it; the watchlist calls by its own slots. @throws GiveUp when the provider fails, or has no data of a listed symbol.
 */
export async function fetchCopy(
  ctx: JobContext,
  { askedAtMs, isPoll = false, signal }: Attempt,
  how: CopyFetch,
): Promise<Outcome> {
  const {
    market: { asks, cache, looks },
    now,
  } = ctx;
  const { name, freshMs } = how;
  const copy = await cache.read(name);
  // Whoever missed the cache just before the last fetch ended has queued this job in vain. A cadence may be shorter than a copy is fresh.
  if (copy && copy.observedAtMs >= Math.min(askedAtMs, now().getTime() - (isPoll ? 0 : freshMs)))
    return over('current');
  if (!(await asks.isWanted(name))) return 'not_wanted';
  if (!isPoll && (await looks.leftMs(name)) > 0) return over('looked');

  const last = async () => copy ?? (await how.stored(ctx.em));
  const forMs = async () => ((await last().catch(() => undefined)) ? freshMs : lookMs);
  return lookOnce(ctx, { name, signal, forMs }, async () => {
    const fetched = (await cache.hadNothing(name)) ? undefined : await how.fetch();
    if (fetched) {
      await cache.write(name, fetched, how.keptSeconds);
      return over('stored');
    }
    if (await last()) {
      await looks.note(name, freshMs);
      return over('unchanged');
    }
    if (how.isListed && (await isListed(cache, name, how.isListed)))
      throw new GiveUp(`Finnhub has nothing for ${name} at the moment`);
    await cache.markUnknown(name);
    return over('unknown_symbol');
  }).catch((error: unknown) => {
    if (error instanceof NotInPlan) return over('not_in_plan');
    throw error;
  });

  async function over(outcome: Outcome): Promise<Outcome> {
    await asks.end(name);
    return outcome;
  }
}

/** When the plan has no call left for the question, the next try asks only that. */
async function isListed(
  cache: JobContext['market']['cache'],
  name: string,
  ask: NonNullable<CopyFetch['isListed']>,
): Promise<boolean> {
  await cache.noteNothing(name, true);
  const answer = await ask();
  await cache.noteNothing(name, false);
  return answer;
}
