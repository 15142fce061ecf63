import { z } from 'zod';
import type { Redis } from '../redis/client.ts';
import { loadScript } from '../redis/scripts.ts';

/** Who asks for a job: `user:7`, `key:0190…` or `address:…`. */
export type Tenant = string;

/** A user as a tenant. */
export function tenantOfUser(id: number): Tenant {
  return `user:${id}`;
}

/** The one to whom everything belongs that nobody has asked for. */
export const ownTenant: Tenant = 'platform';

/** How many jobs of a tenant come in a round, of those of whom it is more than one. */
export type Weights = Readonly<Record<Tenant, number>>;

/** BullMQ's priority of a job that has no place yet: behind everything that has one. */
export const unplaced = 2 ** 21 - 1;

/** BullMQ's priority of a job that has begun and goes back to wait with its queue: before all that have a place. */
export const returning = 1;

/** So many jobs of a process may go ahead of all others, once it has found fewer waiting: where nobody waits, nobody needs a place. */
export const untold = 16;

/**
 * A proven bound: so many jobs at the most begin, once a job has its place, before it does. `place` is its number among the
 * waiting jobs of its tenant, from 1 on; `others` the weights of all other tenants that ask meanwhile, however much they ask for.
 */
export function mostBefore(
  { place, weight, others }: Readonly<{ place: number; weight: number; others: readonly number[] }>,
  processes = 0,
): number {
  // The round that is under way counts too: the tenant may have had its turn in it already.
  const rounds = 1 + Math.ceil(place / weight);
  return place - 1 + rounds * others.reduce((sum, other) => sum + other, 0) + processes * untold;
}

/** The scores of BullMQ's `prioritized` that are places: `perRound` of them a round. */
export const places = { from: 2 * 2 ** 32, to: unplaced * 2 ** 32, perRound: 2 ** 20 };
// In one call of the script, which holds up everybody else for some ten milliseconds; and in one go.
const mostPlaced = 1_000;
const mostTurns = 200;
const Placed = z.tuple([z.number(), z.number()]);
/** So many tenants are told of. */
export const mostTold = 20;

const placeAll = loadScript(new URL('./shares/place.lua', import.meta.url), [
  'waiting',
  'prioritized',
  'shares',
  'alone',
  'jobs',
  'from',
  'to',
  'perRound',
  'weights',
  'ownTenant',
  'most',
  'tenantAdded',
  'added',
]);

/** A tenant that waits: how many of its jobs have a place, to within a round, and how many jobs come before the last of them at most. */
export type Share = Readonly<{ tenant: Tenant; weight: number; waiting: number; mostBefore: number }>;

/** So many jobs that have just been added, and whose all of them are; undefined: of several. */
export type Added = Readonly<{ jobs: number; tenant: Tenant | undefined }>;

/** How many tenants have places, and the twenty of them that wait longest. */
export type Standing = Readonly<{ tenants: number; largest: readonly Share[] }>;

/** The places of one of BullMQ's queues, which tenants share by their weights. */
export type Shares = Readonly<{
  /** The priority with which so many jobs are to be added. */
  entryOf(jobs: number): number;
  /**
   * Gives places to those that have none: to what has just been added, and to what has come back. As long as all belong to one
   * tenant, nobody needs one. Any process may, at any time; what it fails to do the next one does.
   */
  place(added?: Added): Promise<void>;
  /** Who waits, where so many processes may add jobs. */
  read(processes?: number): Promise<Standing>;
}>;

/** Opens the places of the queue whose keys `keyOf` names. */
export function openShares(redis: Redis, keyOf: (name: string) => string, weights: Weights = {}): Shares {
  const [waiting, prioritized, shares] = [keyOf('wait'), keyOf('prioritized'), keyOf('shares')];
  const alone = keyOf('alone');
  const words = { waiting, prioritized, shares, alone, jobs: keyOf(''), ...places, ownTenant, most: mostPlaced };
  const told = JSON.stringify(weights);
  let left = 0;
  return {
    entryOf(jobs) {
      left -= jobs;
      return left >= 0 ? 0 : unplaced;
    },
    async place({ jobs, tenant = '' } = { jobs: 0, tenant: undefined }) {
      const given = { ...words, weights: told, tenantAdded: tenant, added: jobs };
      for (let turns = mostTurns, isDone = false; !isDone && turns > 0; turns -= 1) {
        const [count, without] = Placed.parse(await placeAll(redis, given));
        left = count < untold ? untold : 0;
        isDone = without === 0;
      }
    },
    async read(processes = 0) {
      const [placed, tenant, count, unasked, returned] = await Promise.all([
        readShares(redis, { prioritized, shares, weights, ...places }),
        redis.get(alone),
        redis.zcount(prioritized, places.to, '+inf'),
        redis.llen(waiting),
        redis.zcount(prioritized, 0, `(${places.from}`),
      ]);
      // What is ahead of all places, and what may still come there.
      const ahead = unasked + returned + processes * untold;
      const withThose = (before: number) => before + ahead;
      if (placed.tenants > 0 || tenant === null || count === 0) return behind(placed, withThose);
      const only = { tenant, weight: weights[tenant] ?? 1, waiting: count, mostBefore: count - 1 };
      return behind({ tenants: 1, largest: [only] }, withThose);
    },
  };
}

/** The same standing, where so many come before a job before which so many of the places do. */
export function behind({ tenants, largest }: Standing, most: (before: number) => number): Standing {
  return { tenants, largest: largest.map((share) => ({ ...share, mostBefore: most(share.mostBefore) })) };
}

/** Where shares are kept, and which scores are places: `perRound` of them a round. */
export type Places = Readonly<{
  prioritized: string;
  shares: string;
  weights: Weights;
  from: number;
  to: number;
  perRound: number;
}>;

/** Who has places: of all that do the twenty that wait longest. */
export async function readShares(redis: Redis, at: Places): Promise<Standing> {
  const { prioritized, shares, weights } = at;
  const [[, first], tenants, most] = await Promise.all([
    redis.zrangebyscore(prioritized, at.from, `(${at.to}`, 'WITHSCORES', 'LIMIT', 0, 1),
    redis.zcard(shares),
    redis.zrevrange(shares, 0, mostTold - 1, 'WITHSCORES'),
  ]);
  if (first === undefined) return { tenants: 0, largest: [] };
  const round = Math.floor((Number(first) - at.from) / at.perRound);
  const all = tenants + Object.values(weights).reduce((sum, weight) => sum + weight - 1, 0);
  const largest = most.flatMap((tenant, index): Share[] => {
    const weight = weights[tenant] ?? 1;
    const waiting = Math.round((Number(most[index + 1]) - round) * weight);
    if (index % 2 === 1 || waiting <= 0) return [];
    const before = mostBefore({ place: waiting, weight, others: [all - weight] });
    return [{ tenant, weight, waiting, mostBefore: before }];
  });
  return { tenants, largest };
}
