import { randomUUIDv7 } from 'node:crypto';
import type { EntityManager } from '@mikro-orm/mysql';
import { WebhookEndpoint } from '../entities/webhooks.entity.ts';
import { endsTooLate } from '../mysql/ends-too-late.ts';
import { textOf } from '../mysql/values.ts';
import type { Endpoint } from './endpoint.ts';

// Longer than the longest round of deliveries, so that nobody takes an endpoint over from whoever is alive.
const leaseSeconds = 20;
// A job that has not begun by then may have been lost with Redis, and is asked for again. One too many finds nothing to do.
const startSeconds = 15;
const atOnce = 500;
const isHeldTooLong = `claim is not null and ${endsTooLate('wake_at')}`;
/** SQL: whether an endpoint is to be looked at. */
export const isDue = `(wake_at <= utc_timestamp(3) or (${isHeldTooLong}))`;

/** Finds endpoints that something is due for, and has nobody else find them for some seconds. */
export async function findDue(em: EntityManager): Promise<readonly string[]> {
  const { tableName } = em.getMetadata(WebhookEndpoint);
  await shortenClaims(em);
  const ids = await find(em, 'wake_at <= utc_timestamp(3)');
  if (ids.length === 0) return [];
  // Whose claim it was has lost it: the claim's time is over.
  const isTaken = await run(
    em,
    `update ${tableName} set wake_at = utc_timestamp(3) + interval ${startSeconds} second, claim = null
     where id in (${listOf(em, ids)}) and wake_at <= utc_timestamp(3)`,
  );
  return isTaken ? ids : [];
}

/** Makes claims that end too late as short as others: whoever holds one and is alive keeps it all the same. */
async function shortenClaims(em: EntityManager): Promise<void> {
  // There is hardly ever one, and whoever only reads keeps nobody from changing an endpoint that waits for its next try.
  const ids = await find(em, isHeldTooLong);
  if (ids.length === 0) return;
  await run(
    em,
    `update ${em.getMetadata(WebhookEndpoint).tableName} set wake_at = utc_timestamp(3) + interval ${leaseSeconds} second
     where id in (${listOf(em, ids)}) and ${isHeldTooLong}`,
  );
}

async function find(em: EntityManager, condition: string): Promise<readonly string[]> {
  const { tableName } = em.getMetadata(WebhookEndpoint);
  const rows = await em.execute<{ id: string }[]>(
    `select id from ${tableName} where ${condition} order by wake_at limit ${atOnce}`,
  );
  return rows.map(({ id }) => id);
}

/** In one order, so that nobody who locks several waits for another who does. */
function listOf(em: EntityManager, ids: readonly string[]): string {
  return ids.toSorted().map(textOf(em)).join(', ');
}

/** Takes an endpoint over, whose time has come; undefined: somebody works for it, or nothing may be tried now. */
export async function claim(em: EntityManager, id: string): Promise<string | undefined> {
  const token = randomUUIDv7();
  const isClaimed = await run(
    em,
    `update ${em.getMetadata(WebhookEndpoint).tableName}
     set claim = ?, wake_at = utc_timestamp(3) + interval ${leaseSeconds} second, again = 0
     where id = ? and status = 'active' and deleted_at is null and (claim is null or wake_at <= utc_timestamp(3))
       and (retry_at is null or retry_at <= utc_timestamp(3))`,
    [token, id],
  );
  return isClaimed ? token : undefined;
}

/**
 * MySQL's clock, by which others look at what an endpoint waits for: it has said when the claim ends, and goes on with what has passed here
 * since the endpoint was claimed. The process's own clock may be wrong by hours, or be put right under way.
 */
export function clockSince(claimedMs: number, claimEndsAt: Date): () => Date {
  const beganMs = claimEndsAt.getTime() - leaseSeconds * 1_000;
  return () => new Date(beganMs + performance.now() - claimedMs);
}

/** Keeps an endpoint for another while. False: it is another's. */
export async function keep(em: EntityManager, id: string, token: string): Promise<boolean> {
  return run(
    em,
    `update ${em.getMetadata(WebhookEndpoint).tableName}
     set wake_at = utc_timestamp(3) + interval ${leaseSeconds} second where id = ? and claim = ?`,
    [id, token],
  );
}

// Each is a statement that finds one row; whoever deletes an endpoint that is slow to answer waits for no answer but the one under way.
const looksApartMs = 250;

/**
 * Says whether an endpoint is still this claim's, as it was a quarter of a second ago at the latest: whoever deletes or pauses it ends the
 * claim. Where MySQL does not say, it is not.
 */
export function watchClaim(
  em: EntityManager,
  { id, claim: token }: Pick<Endpoint, 'id' | 'claim'>,
): () => Promise<boolean> {
  let lookedMs = performance.now();
  let looking = Promise.resolve(true);
  const look = async () => (await em.count(WebhookEndpoint, { id, claim: token }).catch(() => 0)) > 0;
  return () => {
    if (performance.now() - lookedMs >= looksApartMs) {
      lookedMs = performance.now();
      looking = look();
    }
    return looking;
  };
}

/** Lets an endpoint go, until `wakeAt` by MySQL's clock, or until something comes; at once if something has come meanwhile. */
export async function release(em: EntityManager, id: string, token: string, wakeAt: Date | undefined): Promise<void> {
  await run(
    em,
    `update ${em.getMetadata(WebhookEndpoint).tableName}
     set wake_at = if(again = 1${wakeAt ? ' and failures = 0' : ''}, utc_timestamp(3), ?), claim = null, again = 0
     where id = ? and claim = ?`,
    [wakeAt ?? null, id, token],
  );
}

async function run(em: EntityManager, sql: string, values: readonly unknown[] = []): Promise<boolean> {
  return (await em.execute<{ affectedRows: number }>(sql, [...values], 'run')).affectedRows > 0;
}
