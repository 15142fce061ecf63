import { z } from 'zod';
import type { Redis } from '../redis/client.ts';
import { loadScript } from '../redis/scripts.ts';
import type { Tenant } from './shares.ts';

/** A job that a tenant has asked for. */
export type Ticket = Readonly<{ tenant: Tenant; id: string }>;

/** A tenant some of whose jobs are held: how many of them are under way, and how many wait for one of those to end. */
export type Held = Readonly<{ tenant: Tenant; underWay: number; held: number }>;

/** How many jobs of a tenant may be under way at once on a queue, over all processes. */
export type JobsPerTenant = Readonly<{
  most: number;
  /** Lets a job begin: 0. Or holds it until another of its tenant ends: how many are held then. */
  begin(ticket: Ticket, leaseMs: number): Promise<number>;
  /** Ends one, and answers which begin instead. */
  end(ticket: Ticket, leaseMs: number): Promise<readonly string[]>;
  /** How many of its tenant's held jobs come before one that is held; undefined when it is not. */
  countBefore(ticket: Ticket): Promise<number | undefined>;
  /** Whether a job may begin that has been held. */
  isLetIn(ticket: Ticket): Promise<boolean>;
  /** Whose jobs are held, twenty tenants at most. */
  read(): Promise<readonly Held[]>;
}>;

const names = ['underWay', 'held', 'id', 'most', 'leaseMs'] as const;
const begin = loadScript(new URL('./jobs-per-tenant/begin.lua', import.meta.url), names);
const end = loadScript(new URL('./jobs-per-tenant/end.lua', import.meta.url), names);
const mostTold = 20;

/** Opens the counting of a queue's jobs. */
export function openJobsPerTenant(redis: Redis, queue: string, most: number): JobsPerTenant {
  const index = `orderflow:held:${queue}`;
  // On a cluster, what belongs to a tenant is on one node, and tenants are on all of them, whatever shards their jobs are in.
  const keysOf = (tenant: Tenant) => {
    const tag = `orderflow:{${queue}:${tenant}}`;
    return { underWay: `${tag}:under-way`, held: `${tag}:held` };
  };
  const wordsOf = ({ tenant, id }: Ticket, leaseMs: number) => ({ ...keysOf(tenant), id, most, leaseMs });
  return {
    most,
    async begin(ticket, leaseMs) {
      const held = z.int().parse(await begin(redis, wordsOf(ticket, leaseMs)));
      if (held > 0) await redis.zadd(index, held, ticket.tenant);
      return held;
    },
    async end(ticket, leaseMs) {
      return z.array(z.string()).parse(await end(redis, wordsOf(ticket, leaseMs)));
    },
    async countBefore({ tenant, id }) {
      return (await redis.zrank(keysOf(tenant).held, id)) ?? undefined;
    },
    async isLetIn({ tenant, id }) {
      return (await redis.zscore(keysOf(tenant).underWay, id)) !== null;
    },
    async read() {
      const tenants = await redis.zrevrange(index, 0, mostTold - 1);
      const all = await Promise.all(tenants.map(look));
      const over = all.filter(({ held }) => held === 0).map(({ tenant }) => tenant);
      if (over.length > 0) await redis.zrem(index, ...over);
      return all.filter(({ held }) => held > 0);
    },
  };

  async function look(tenant: Tenant): Promise<Held> {
    const keys = keysOf(tenant);
    const [underWay, held] = await Promise.all([redis.zcard(keys.underWay), redis.zcard(keys.held)]);
    return { tenant, underWay, held };
  }
}
