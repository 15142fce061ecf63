import { randomInt } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { EntityManager, InferEntity } from '@mikro-orm/mysql';
import { ApiKey } from '../entities/accounts.entity.ts';
import { Problem } from '../errors.ts';
import { lockUser } from './users.ts';

const prefix = 'ofk_';
const letters = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
// 32 letters of 62 are 190 bits.
const randomLetters = 32;
const checkLetters = 6;

/** A new key: its prefix is known to scanners for secrets, and its last six letters tell them a key from what only looks like one. */
export function mintKey(): string {
  const random = Array.from({ length: randomLetters }, () => letters.charAt(randomInt(letters.length))).join('');
  return `${prefix}${random}${checkOf(random)}`;
}

/** Whether a bearer token claims to be a key. */
export function isKey(token: string): boolean {
  return token.startsWith(prefix);
}

/** Whether a key can be one of ours: what was mistyped or invented is known without a look into MySQL. */
export function isWellFormedKey(key: string): boolean {
  const [, random = '', check] = /^ofk_([0-9A-Za-z]{32})([0-9A-Za-z]{6})$/.exec(key) ?? [];
  return check === checkOf(random);
}

/** The CRC-32 of the random letters, in base 62. */
function checkOf(random: string): string {
  let rest = crc32(random);
  let check = '';
  for (let place = 0; place < checkLetters; place += 1) {
    check = letters.charAt(rest % letters.length) + check;
    rest = Math.floor(rest / letters.length);
  }
  return check;
}

/** The most keys of one user. */
export const mostKeys = 50;

/** Makes sure that the user has room for one more key; others of theirs wait. @throws Problem too_many_keys */
export async function requireRoomForKey(tx: EntityManager, userId: number, at: Date): Promise<void> {
  await lockUser(tx, userId);
  const live = await tx.count(ApiKey, { user: userId, ...stillGood(at) });
  if (live >= mostKeys) throw new Problem('too_many_keys', `You have ${mostKeys} keys; end one first.`);
}

/** What is true of a key that has not expired. */
export function stillGood(at: Date) {
  return { $or: [{ expiresAt: null }, { expiresAt: { $gt: at } }] };
}

type Ends = Pick<InferEntity<typeof ApiKey>, 'expiresAt' | 'replacedAt' | 'grantedUntil'>;

/** When a key was to end before another one took over from it; null: never. */
export function grantedEnd({ expiresAt, replacedAt, grantedUntil }: Ends): Date | null {
  return (replacedAt ? grantedUntil : expiresAt) ?? null;
}

/**
 * Lets a key that another one takes over from end at `endsAt`, unless it ends before. When it was to end stays known: whoever never got
 * the other one asks for one more, which is to last as long.
 */
export async function endReplaced(
  tx: EntityManager,
  { id, ...ends }: Ends & Readonly<{ id: string }>,
  { at, endsAt }: Readonly<{ at: Date; endsAt: Date }>,
): Promise<void> {
  await tx.nativeUpdate(ApiKey, { id, replacedAt: null }, { replacedAt: at, grantedUntil: grantedEnd(ends) });
  await tx.nativeUpdate(ApiKey, { id, ...stillGood(endsAt) }, { expiresAt: endsAt });
}

const usesAreKeptEveryMs = 60_000;

/** Notes that a key is in use, and from where: once a minute over all processes, for it is a write of its own. */
export async function noteUse(em: EntityManager, id: string, from: string, at: Date): Promise<void> {
  const before = new Date(at.getTime() - usesAreKeptEveryMs);
  const isDue = { $or: [{ lastUsedAt: null }, { lastUsedAt: { $lte: before } }] };
  await em.nativeUpdate(ApiKey, { id, ...isDue }, { lastUsedAt: at, lastUsedFrom: from.slice(0, 64) });
}
