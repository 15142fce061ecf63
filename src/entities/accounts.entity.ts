import { defineEntity, p } from '@mikro-orm/mysql';

/** Who someone is to the platform: a customer, a reader of operations, or who may change everything. */
export const roles = ['user', 'operator', 'admin'] as const;
/** One of them. */
export type Role = (typeof roles)[number];

/**
 * A person with an account. `passwordHash` is an argon2id PHC string. Who is deleted keeps a row without personal data,
 * because orders belong to it.
 */
export const User = defineEntity({
  name: 'User',
  tableName: 'users',
  uniques: [
    /** An address has one account: `POST /auth/login` looks it up. */
    { properties: ['email'] },
  ],
  indexes: [
    /** Those of a role: `GET /users?role=…`, and whether somebody administers. */
    { properties: ['role', 'id'] },
  ],
  properties: {
    id: p.integer().primary().autoincrement(),
    email: p.string().length(254),
    name: p.string().length(200),
    role: p.enum(roles).default('user'),
    passwordHash: p.string().length(255).hidden(),
    createdAt: p.datetime(3).defaultRaw('current_timestamp(3)'),
    deletedAt: p.datetime(3).nullable(),
  },
});

/** A login. Only the SHA-256 of the opaque token is kept, so a stolen table opens nothing. */
export const Token = defineEntity({
  name: 'Token',
  tableName: 'tokens',
  uniques: [
    /** A token is one login: every request with one looks it up. */
    { properties: ['hash'] },
  ],
  indexes: [
    /** One's own, newest first: `GET /auth/tokens`; and all of them, to end them. */
    { properties: ['user'] },
    /** Those that are over: the job `prune-tokens`. */
    { properties: ['expiresAt'] },
  ],
  properties: {
    id: p.uuid().primary(),
    user: () => p.manyToOne(User).mapToPk().deleteRule('cascade'),
    hash: p.string().length(64),
    createdAt: p.datetime(3).defaultRaw('current_timestamp(3)'),
    expiresAt: p.datetime(3),
  },
});
