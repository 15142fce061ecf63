import { z } from 'zod';
import type { MikroORM } from '@mikro-orm/mysql';
import type { Redis } from '../redis/client.ts';
import type { Config } from '../config.ts';
import type { Producer } from '../jobs/enqueue.ts';
import type { Definitions } from '../jobs/load-definitions.ts';
import type { Market } from '../market/market.ts';
import type { Tails } from '../streams/tail.ts';
import { OutboxMessage } from '../entities/outbox.entity.ts';
import { WebhookEndpoint } from '../entities/webhooks.entity.ts';

/** What is looked at of a process. */
export type MetricsParts = Readonly<{
  config: Pick<Config, 'REDIS_DB' | 'FINNHUB_API_KEY' | 'concurrency'>;
  now: () => Date;
  orm: MikroORM;
  redis: Redis;
  jobs: Pick<Producer, 'queues'> & Readonly<{ definitions: Definitions }>;
  events: Readonly<{ tails: Tails }>;
  market: Pick<Market, 'readBudget'>;
}>;

// The pool of mysql2 says how it is only in fields of its own, of which these three have stood for years.
const Pool = z.object({
  _allConnections: z.object({ length: z.number() }),
  _freeConnections: z.object({ length: z.number() }),
  _connectionQueue: z.object({ length: z.number() }),
});
const Backlog = z.tuple([z.object({ waiting: z.coerce.number(), seconds: z.coerce.number() })]);

/** What has not been sent yet: how much, and the age of the oldest. */
export async function readBacklog({ orm }: Pick<MetricsParts, 'orm'>) {
  const em = orm.em.fork();
  const { tableName } = em.getMetadata(OutboxMessage);
  // On the database's clock, against which other processes can be wrong.
  const answer: unknown = await em.execute(
    `select count(*) as waiting,
       coalesce(timestampdiff(microsecond, min(created_at), utc_timestamp(3)), 0) / 1000000 as seconds
     from ${tableName}`,
  );
  return Backlog.parse(answer)[0];
}

const Standings = z.array(z.object({ state: z.enum(['well', 'failing', 'paused']), count: z.coerce.number() }));

/** How many webhooks are told what is theirs, take nothing at the moment, or are paused. */
export async function readWebhooks({ orm }: Pick<MetricsParts, 'orm'>) {
  const em = orm.em.fork();
  const answer: unknown = await em.execute(
    `select if(status = 'paused', 'paused', if(failures > 0, 'failing', 'well')) as state, count(*) as count
     from ${em.getMetadata(WebhookEndpoint).tableName} where deleted_at is null group by state`,
  );
  return Standings.parse(answer);
}

/** How many entries each stream holds, and how far its followers in this process are behind its end, if there are any. */
export async function readStreams({
  redis,
  jobs: { definitions },
  events: { tails },
}: Pick<MetricsParts, 'redis' | 'jobs' | 'events'>) {
  return Promise.all(
    [...definitions.streams.keys()].map(async (name) => {
      const [[newest], length] = await Promise.all([redis.xrevrange(name, '+', '-', 'COUNT', 1), redis.xlen(name)]);
      const behindMs = tails.behindMs(name, newest?.[0] ?? '0-0');
      return { name, length, lagSeconds: behindMs === undefined ? undefined : behindMs / 1_000 };
    }),
  );
}

// XINFO answers names and values by turns; Redis before 7 tells no lag.
const Group = z
  .array(z.union([z.string(), z.number(), z.null()]))
  .transform((told) => {
    const named = (name: string | number | null, at: number): [string, unknown][] =>
      at % 2 === 0 ? [[String(name), told[at + 1]]] : [];
    return Object.fromEntries(told.flatMap(named));
  })
  .pipe(z.object({ name: z.string(), consumers: z.int(), pending: z.int(), lag: z.int().nullable().default(null) }));

/** The consumer groups of every stream, and how much each has still to be given. @throws when Redis is away. */
export async function readGroups({ redis, jobs: { definitions } }: Pick<MetricsParts, 'redis' | 'jobs'>) {
  const read = async (stream: string) => {
    // A stream that holds nothing yet is no error, and has no groups.
    if ((await redis.exists(stream)) === 0) return [];
    const told = z.array(Group).parse(await redis.xinfo('GROUPS', stream));
    return told.map((group) => ({ stream, ...group }));
  };
  return (await Promise.all([...definitions.streams.keys()].map(read))).flat();
}

/** How many connections to MySQL this process has, and who waits for one. */
export async function readPool({ orm }: Pick<MetricsParts, 'orm'>): Promise<Record<string, number>> {
  const client: unknown = await orm.em.getDriver().getConnection().getNativeClient();
  const { _allConnections: all, _freeConnections: free, _connectionQueue: queue } = Pool.parse(client);
  return { busy: all.length - free.length, free: free.length, waiting: queue.length };
}
