import { z } from 'zod';
import type { EntityManager } from '@mikro-orm/mysql';
import type { JobContext } from '../context.ts';
import { GiveUp, NotInPlan } from '../errors.ts';
import type { Copy } from '../market/cache.ts';

/**
 * What became of a fetch: `stored` a new observation, `current` someone else had just done so, `unchanged` the provider
 * had nothing and the last good copy stays, `unknown_symbol`, `not_wanted` nobody has asked for 30 s, and `not_in_plan`.
 */
export const FetchOutcome = z.enum(['stored', 'current', 'unchanged', 'unknown_symbol', 'not_wanted', 'not_in_plan']);

/** How one copy of market data is brought up to date. */
export type CopyFetch = Readonly<{
  name: string;
  freshMs: number;
  /** When the job was asked for, UNIX milliseconds. */
  askedAtMs: number;
  /** How long the cache keeps the copy; a week unless told otherwise. */
  keptSeconds?: number;
  /** Asks the provider and stores what it says; undefined when it has nothing. */
  fetch(): Promise<Copy | undefined>;
  /** The last good copy in MySQL. */
  stored(em: EntityManager): Promise<Copy | undefined>;
  /** Whether what the provider has nothing for exists all the same; costs a call, and is asked only when it matters. */
  isListed?(): Promise<boolean>;
}>;

/** One try of a fetch, within the rules that all market data share. @throws GiveUp when a listed symbol has no data. */
export async function fetchCopy(
  { asks, cache, em, now }: JobContext,
  { name, freshMs, askedAtMs, keptSeconds, ...how }: CopyFetch,
): Promise<z.output<typeof FetchOutcome>> {
  const copy = await cache.read(name);
  // Whoever missed the cache just before the last fetch ended has queued this job in vain.
  if (copy && copy.observedAtMs >= Math.min(askedAtMs, now().getTime() - freshMs)) {
    await asks.settle(name);
    return 'current';
  }
  if (!(await asks.isWanted(name))) return 'not_wanted';

  const fetched = (await cache.hadNothing(name))
    ? undefined
    : await how.fetch().catch((error: unknown) => {
        if (error instanceof NotInPlan) return 'not_in_plan' as const;
        throw error;
      });
  if (fetched === 'not_in_plan') {
    await asks.settle(name);
    return fetched;
  }
  if (fetched) {
    await cache.write(name, fetched, keptSeconds);
    await asks.settle(name);
    return 'stored';
  }
  if (copy ?? (await how.stored(em))) {
    await asks.settle(name);
    return 'unchanged';
  }
  if (how.isListed && (await isListed(cache, name, how.isListed)))
    throw new GiveUp(`Finnhub has nothing for ${name} at the moment`);
  await cache.markUnknown(name);
  await asks.settle(name);
  return 'unknown_symbol';
}

/** When the plan has no call left for the question, the next try asks only that. */
async function isListed(
  cache: JobContext['cache'],
  name: string,
  ask: NonNullable<CopyFetch['isListed']>,
): Promise<boolean> {
  await cache.noteNothing(name, true);
  const answer = await ask();
  await cache.noteNothing(name, false);
  return answer;
}
