import type { EntityManager } from '@mikro-orm/mysql';
import { ApiKey, type Role, Token, User } from '../entities/accounts.entity.ts';
import { stillGood } from './api-keys.ts';
import { isScope, type Scope } from './scopes.ts';

/** The hash of what a request brings, and whether it is that of a key or of a login. */
export type Brought = Readonly<{ hash: string; isKey: boolean }>;

/** What is known of an API key. */
export type BearerKey = Readonly<{ id: string; scopes: readonly Scope[]; perMinute: number | null }>;

/** Whose a login or a key is, as long as it is good; null: until somebody ends it. */
export type Bearer = Readonly<{
  userId: number;
  role: Role;
  hash: string;
  expiresAt: Date | null;
  /** When somebody logged in; a key never does. */
  loggedInAt: Date | null;
  /** Whether a second factor was shown with it; a key needs none. */
  isTwoFactor: boolean;
  key?: BearerKey;
}>;

type Row = Omit<Bearer, 'role'>;
const plainly = { disableIdentityMap: true } as const;

/** Those of the logins and keys that are good, with the roles that their users have now. */
export async function readBearers(em: EntityManager, brought: readonly Brought[], at: Date): Promise<Bearer[]> {
  const [keys, logins] = [true, false].map((isKey) =>
    brought.filter((one) => one.isKey === isKey).map(({ hash }) => hash),
  );
  const rows = [...(await readLogins(em, logins ?? [], at)), ...(await readKeys(em, keys ?? [], at))];
  if (rows.length === 0) return [];
  const there = { id: { $in: [...new Set(rows.map(({ userId }) => userId))] }, deletedAt: null };
  const users = await em.find(User, there, { fields: ['role'], ...plainly });
  const roles = new Map(users.map(({ id, role }) => [id, role]));
  return rows.flatMap((row) => {
    const role = roles.get(row.userId);
    return role === undefined ? [] : [{ ...row, role }];
  });
}

async function readLogins(em: EntityManager, hashes: readonly string[], at: Date): Promise<Row[]> {
  if (hashes.length === 0) return [];
  const good = { hash: { $in: [...hashes] }, expiresAt: { $gt: at } };
  const tokens = await em.find(Token, good, {
    fields: ['hash', 'user', 'createdAt', 'expiresAt', 'isTwoFactor'],
    ...plainly,
  });
  return tokens.map(({ hash, user, createdAt, expiresAt, isTwoFactor }) => {
    return { userId: user, hash, expiresAt, loggedInAt: createdAt, isTwoFactor };
  });
}

async function readKeys(em: EntityManager, hashes: readonly string[], at: Date): Promise<Row[]> {
  if (hashes.length === 0) return [];
  const keys = await em.find(ApiKey, { hash: { $in: [...hashes] }, ...stillGood(at) }, plainly);
  return keys.map(({ id, user, hash, scopes, perMinute = null, expiresAt = null }) => ({
    userId: user,
    hash,
    expiresAt,
    loggedInAt: null,
    isTwoFactor: true,
    key: { id, scopes: scopes.split(' ').filter(isScope), perMinute },
  }));
}
