import { type EntityManager, LockMode } from '@mikro-orm/mysql';
import { ApiKey, User, Token } from '../entities/accounts.entity.ts';
import { PriceAlert } from '../entities/alerts.entity.ts';
import { WebhookEndpoint } from '../entities/webhooks.entity.ts';
import { Problem } from '../errors.ts';
import { endFactor } from './second-factor.ts';
import { endLinks } from './verifications.ts';
import { randomUUID } from 'node:crypto';

/**
 * Makes sure that someone administers when the user no longer does. It locks every administrator until the transaction
 * ends, so that two who demote each other at the same moment do not both succeed.
 * @throws Problem last_administrator when the user is the only one.
 */
export async function requireAnotherAdministrator(tx: EntityManager, userId: number): Promise<void> {
  const administrators = await tx.find(
    User,
    { role: 'admin' },
    { fields: ['id'], orderBy: { id: 'asc' }, lockMode: LockMode.PESSIMISTIC_WRITE, disableIdentityMap: true },
  );
  if (administrators.length === 1 && administrators[0]?.id === userId)
    throw new Problem('last_administrator', 'This is the only administrator; make another one first.');
}

/**
 * The row of an account, locked until the transaction ends; undefined when it has been deleted. Whoever ends logins, and whoever
 * makes one or what outlives it, has this lock before all else: one of two finds what the other has done.
 */
export async function lockUser(tx: EntityManager, id: number) {
  const lock = { lockMode: LockMode.PESSIMISTIC_WRITE, disableIdentityMap: true } as const;
  return (await tx.findOne(User, { id, deletedAt: null }, lock)) ?? undefined;
}

/** Who is to be erased, when, and the hash of a password that nobody knows. */
export type Erasure = Readonly<{ userId: number; email: string; unknownPasswordHash: string; at: Date }>;

/**
 * Takes everything personal out of a user's row and ends their logins, keys, links, webhooks and alerts; their orders stay, and
 * belong to nobody known. The e-mail address is free for a new account afterwards. Returns how many alerts have ended: what was polled for
 * them alone is left to the caller.
 */
export async function eraseUser(tx: EntityManager, erasure: Erasure): Promise<number> {
  const { userId, email, unknownPasswordHash, at } = erasure;
  await tx.nativeUpdate(
    User,
    { id: userId },
    {
      email: `deleted-${randomUUID()}@deleted.invalid`,
      name: 'Deleted user',
      role: 'user',
      passwordHash: unknownPasswordHash,
      deletedAt: at,
    },
  );
  await endFactor(tx, userId);
  await endLoginsAndKeys(tx, userId);
  await endLinks(tx, email, at);
  await tx.nativeUpdate(WebhookEndpoint, { userId, deletedAt: null }, { deletedAt: at, wakeAt: null, claim: null });
  return tx.nativeUpdate(PriceAlert, { userId, endedAt: null }, { endedAt: at, wakeHigh: null, wakeLow: null });
}

/** Ends all that acts for the user: their logins and their keys. */
export async function endLoginsAndKeys(tx: EntityManager, userId: number): Promise<void> {
  await tx.nativeDelete(Token, { user: userId });
  await tx.nativeDelete(ApiKey, { user: userId });
}
