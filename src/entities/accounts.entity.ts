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
    /** When somebody showed that mails to the address reach them; null: not yet, or the address is another one since. */
    emailConfirmedAt: p.datetime(3).nullable(),
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
    /** Whether a second factor was shown, then or since. */
    isTwoFactor: p.boolean().default(false),
    /** What the browser or program called itself, and from where it came. */
    device: p.string().length(200).nullable(),
    address: p.string().length(64).nullable(),
  },
});

/**
 * A key with which a program acts for its owner, within its scopes. Only the SHA-256 is kept, as of a login; what its text
 * begins with is kept too, so that people tell their keys apart.
 */
export const ApiKey = defineEntity({
  name: 'ApiKey',
  tableName: 'api_keys',
  uniques: [
    /** Every request with a key looks it up. */
    { properties: ['hash'] },
  ],
  indexes: [
    /** One's own, newest first: `GET /auth/keys`; and all of them, to end them. */
    { properties: ['user'] },
    /** Those that are over: the job `prune-tokens`. */
    { properties: ['expiresAt'] },
  ],
  properties: {
    id: p.uuid().primary(),
    user: () => p.manyToOne(User).mapToPk().deleteRule('cascade'),
    name: p.string().length(200),
    hash: p.string().length(64),
    start: p.string().length(8),
    /** Their names, with spaces between. */
    scopes: p.string().length(1000),
    /** Its own limit of requests; null: its owner's alone. */
    perMinute: p.integer().unsigned().nullable(),
    createdAt: p.datetime(3),
    /** Null: when somebody ends it. */
    expiresAt: p.datetime(3).nullable(),
    /** Written once a minute at the most. */
    lastUsedAt: p.datetime(3).nullable(),
    lastUsedFrom: p.string().length(64).nullable(),
    /** The key that this one takes over from. */
    replaces: p.uuid().nullable(),
    /** When another one was made that takes over from it, the first time. */
    replacedAt: p.datetime(3).nullable(),
    /** When it was to end before that; null: when somebody ends it. */
    grantedUntil: p.datetime(3).nullable(),
  },
});

/** What a mail can be for: choosing a new password, or showing that an address is one's own. */
export const verificationPurposes = ['reset', 'confirm'] as const;

/**
 * A wish for a mail with a link. It is stored before anybody looks whether the address is known. The job that sends the mail makes
 * the link's token, so that it stands nowhere but in the mail; here is its SHA-256.
 */
export const Verification = defineEntity({
  name: 'Verification',
  tableName: 'verifications',
  uniques: [
    /** A link is for one wish: who comes with its token looks it up. */
    { properties: ['hash'] },
  ],
  indexes: [
    /** Those of an address, which has a few at most: the job `send-verification`. */
    { properties: ['email'] },
    /** Those that are over: the job `prune-tokens`. */
    { properties: ['expiresAt'] },
  ],
  properties: {
    id: p.uuid().primary(),
    purpose: p.enum(verificationPurposes),
    /** Of a link that was ended, a mark of the address: it counts among those that were mailed there until it would have been over. */
    email: p.string().length(254),
    /** Null until the mail is being sent; of a link that was ended, no token's. */
    hash: p.string().length(64).nullable(),
    createdAt: p.datetime(3),
    expiresAt: p.datetime(3),
    sentAt: p.datetime(3).nullable(),
  },
});

/**
 * A second factor: a secret from which an app on somebody's phone makes codes that are good for half a minute (TOTP, RFC 6238). It is
 * not hashed, because the codes are made of it here too; alone it opens nothing. No foreign key: it goes when the account is erased.
 */
export const SecondFactor = defineEntity({
  name: 'SecondFactor',
  tableName: 'second_factors',
  properties: {
    userId: p.integer().unsigned().primary().autoincrement(false),
    /** In base 32, as apps take it. */
    secret: p.string().length(64),
    createdAt: p.datetime(3),
    /** When a first code showed that the app has the secret; null: not yet, and it is asked of nobody. */
    confirmedAt: p.datetime(3).nullable(),
    /** The half minute of the last code that was taken: no code is taken twice. */
    lastStep: p.integer().unsigned().nullable(),
  },
});

/** A code for who has lost their phone, good once. Only the SHA-256 is kept, of the code and whose it is. */
export const RecoveryCode = defineEntity({
  name: 'RecoveryCode',
  tableName: 'recovery_codes',
  indexes: [
    /** Those of an account, to count and to end them: `GET /auth/mfa`. */
    { properties: ['userId'] },
  ],
  properties: {
    hash: p.string().length(64).primary(),
    userId: p.integer().unsigned(),
    createdAt: p.datetime(3),
  },
});
