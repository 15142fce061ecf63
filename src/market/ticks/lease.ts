import { hash } from 'node:crypto';
import type { EntityManager, MikroORM } from '@mikro-orm/mysql';
import { SocketLease } from '../../entities/ticks.entity.ts';
import { endsTooLate } from '../../mysql/ends-too-late.ts';
import { presentOf } from '../../mysql/present.ts';
import type { Transaction } from '../../outbox/transaction.ts';

/** The right to be connected, while it lasts. */
export type Lease = Readonly<{
  /** What raises with every holder: no write of an earlier one is taken any more. */
  fence: number;
  /** Whether it certainly is still this process's, by a clock that goes on while a process is frozen. */
  isHeld(): boolean;
  /** Makes the lease last, as the first statement of whatever is written under it. @throws LeaseLost when it is another's. */
  keep(tx: EntityManager): Promise<void>;
  /** The transaction in which it was kept has committed; it had begun at this moment of the process's own clock. */
  noteKept(beganMs: number): void;
  /** MySQL's clock as it goes on here since the lease was taken: the process's own may be wrong, and trades are of the world's time. */
  now(): Date;
  /** Lets it go: whoever wants it has it at once. To be called when nothing is connected any more. */
  release(): Promise<void>;
}>;

/** The lease is another's by now. */
export class LeaseLost extends Error {
  override name = 'LeaseLost';
}

/** What a lease needs of its process. */
export type LeaseParts = Readonly<{ orm: MikroORM; transaction: Transaction; elapsedMs?: () => number }>;

/**
 * For so long a holder may be silent. Longer than a provider takes to notice that a frozen one does not answer its pings, so that no
 * successor meets its connection.
 */
export const leaseSeconds = 15;
// A holder ends its connection so long before anybody else may connect.
const spareMs = 3_000;

/** What a socket's lease is called, which does not tell the key. */
export function leaseName(url: string, key: string): string {
  return hash('sha256', `${url} ${key}`).slice(0, 32);
}

/** Takes the lease if nobody has it; undefined: somebody has. */
export async function claimLease(name: string, parts: LeaseParts): Promise<Lease | undefined> {
  const { orm, transaction, elapsedMs = () => performance.now() } = parts;
  const { tableName } = orm.em.getMetadata(SocketLease);
  const beganMs = elapsedMs();
  const taken = await transaction(async (tx) => {
    const fence = await raiseFence(tx, name);
    return fence === undefined ? undefined : { fence, now: await clockOf(tx, elapsedMs) };
  });
  if (!taken) return undefined;
  const { fence, now } = taken;

  let keptMs = beganMs;
  return {
    fence,
    now,
    isHeld: () => elapsedMs() - keptMs < leaseSeconds * 1_000 - spareMs,
    async keep(tx) {
      const kept = await affected(
        tx,
        `update ${tableName} set expires_at = utc_timestamp(3) + interval ${leaseSeconds} second where name = ? and fence = ?`,
        [name, fence],
      );
      if (kept !== 1) throw new LeaseLost('the lease of the socket is another process’s');
    },
    noteKept(atMs) {
      keptMs = Math.max(keptMs, atMs);
    },
    async release() {
      await transaction((tx) =>
        affected(tx, `update ${tableName} set expires_at = utc_timestamp(3) where name = ? and fence = ?`, [
          name,
          fence,
        ]),
      );
    },
  };
}

/** Whoever raises it has the lease; undefined: somebody else has. */
async function raiseFence(tx: EntityManager, name: string): Promise<number | undefined> {
  const { tableName } = tx.getMetadata(SocketLease);
  const [found] = await tx.execute<{ fence: number | string; free: number }[]>(
    `select fence, expires_at <= utc_timestamp(3) as free from ${tableName} where name = ?`,
    [name],
  );
  if (found && found.free !== 1) return shorten(tx, tableName, name);
  if (!found)
    await tx.execute(
      `insert ignore into ${tableName} (name, fence, expires_at) values (?, 0, utc_timestamp(3) - interval 1 second)`,
      [name],
    );
  const next = Number(found?.fence ?? 0) + 1;
  const taken = await affected(
    tx,
    `update ${tableName} set fence = ?, expires_at = utc_timestamp(3) + interval ${leaseSeconds} second
     where name = ? and fence = ? and expires_at <= utc_timestamp(3)`,
    [next, name, next - 1],
  );
  return taken === 1 ? next : undefined;
}

async function clockOf(tx: EntityManager, elapsedMs: () => number): Promise<() => Date> {
  const askedMs = elapsedMs();
  const present = await presentOf(tx);
  // Nobody knows when within that time it was looked at.
  const lookedMs = (askedMs + elapsedMs()) / 2;
  return () => new Date(present.getTime() + elapsedMs() - lookedMs);
}

/** Has a lease end in time that ends too late; whoever holds it and is alive keeps it all the same. */
async function shorten(tx: EntityManager, tableName: string, name: string): Promise<undefined> {
  await affected(
    tx,
    `update ${tableName} set expires_at = utc_timestamp(3) + interval ${leaseSeconds} second
     where name = ? and ${endsTooLate('expires_at')}`,
    [name],
  );
}

async function affected(tx: EntityManager, sql: string, values: readonly unknown[]): Promise<number> {
  return (await tx.execute<{ affectedRows: number }>(sql, [...values], 'run')).affectedRows;
}
