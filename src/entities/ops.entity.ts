import { defineEntity, p } from '@mikro-orm/mysql';

/** A job that gave up, kept in MySQL until someone decides. Replaying is a new job with the same payload, once. */
export const DeadLetter = defineEntity({
  name: 'DeadLetter',
  tableName: 'dead_letters',
  uniques: [
    /** A job gives up once: whoever tries it again looks its letter up. */
    { properties: ['jobId'] },
  ],
  indexes: [
    /** Those of a kind, newest first: `GET /dead-letters?kind=…`. */
    { properties: ['kind'] },
    /** Those still to be decided: `GET /dead-letters?replayed=false`; those decided long ago: the job `prune-records`. */
    { properties: ['replayedAt'] },
  ],
  properties: {
    id: p.uuid().primary(),
    kind: p.string().length(100),
    /** The job's id in its queue: giving up twice is one letter. */
    jobId: p.string().length(191),
    /** JSON text. */
    payload: p.text().columnType('mediumtext'),
    reason: p.string().length(1000),
    attempts: p.integer().unsigned(),
    diedAt: p.datetime(3),
    replayedAt: p.datetime(3).nullable(),
    replayJobId: p.uuid().nullable(),
  },
});

/**
 * What somebody changed, or tried to: written in the transaction of the change and never changed itself. What is changed
 * outside MySQL has two entries of one request: one before, without a status, and one with the answer it got.
 */
export const AuditEntry = defineEntity({
  name: 'AuditEntry',
  tableName: 'audit_entries',
  indexes: [
    /** What somebody did, newest first: `GET /audit?actor=…`. */
    { properties: ['userId', 'id'] },
    /** What was done by an operation, newest first: `GET /audit?action=…`. */
    { properties: ['action', 'id'] },
    /** What was done to something, newest first: `GET /audit?subject=…`. */
    { properties: ['subject', 'id'] },
    /** What was refused long ago: the job `prune-records`. */
    { properties: ['code', 'at'] },
    /** What was done in some time: `GET /audit?from=…&to=…`. */
    { properties: ['at'] },
  ],
  properties: {
    id: p.uuid().primary(),
    /** Who; null: nobody known. No foreign key: what was done stays known when its doer has left. */
    userId: p.integer().unsigned().nullable(),
    /** The API key that acted for them. */
    keyId: p.uuid().nullable(),
    /** From where; empty of what came over no socket. */
    address: p.string().length(64).nullable(),
    /** The id of the operation, as in /openapi.json; on the board what it asks for, such as `PUT retry/failed`. */
    action: p.string().length(191),
    /** The id of what was changed: of a user, product, order, job, token or key, a symbol, or a queue's name. */
    subject: p.string().length(191).nullable(),
    /** On the board: the queue; null: every queue. */
    queue: p.string().length(100).nullable(),
    /** Of entries written before there was a `subject`; written no more. */
    jobId: p.string().length(191).nullable(),
    /** JSON text of the fields that changed, as they were. Nothing secret, nothing personal. */
    before: p.text().columnType('mediumtext').nullable(),
    /** JSON text of the same fields as they are now. */
    after: p.text().columnType('mediumtext').nullable(),
    requestId: p.uuid(),
    at: p.datetime(3),
    /** The answer it got; null: not made yet, or the platform did it by itself. */
    status: p.smallint().unsigned().nullable(),
    /** Why it was refused: a code of /problems. */
    code: p.string().length(50).nullable(),
  },
});

/** Something an administrator has decided that must outlive restarts and a lost Redis. */
export const Setting = defineEntity({
  name: 'Setting',
  tableName: 'settings',
  properties: {
    name: p.string().length(100).primary(),
    value: p.string().length(1000),
    /** Who decided it; no foreign key, because the decision outlives the account. */
    changedBy: p.integer().unsigned(),
    changedAt: p.datetime(3),
  },
});

/** The answer to a request that carried an Idempotency-Key, stored in the transaction of the request's effect. */
export const IdempotencyKey = defineEntity({
  name: 'IdempotencyKey',
  tableName: 'idempotency_keys',
  indexes: [
    /** Those whose time is over: the job `prune-records`. */
    { properties: ['createdAt'] },
  ],
  properties: {
    /** Keys of different callers never meet. No foreign key: deleting an account must not wait for them. */
    userId: p.integer().unsigned().primary(),
    key: p.string().length(255).primary(),
    /** SHA-256 of method, path and body. */
    fingerprint: p.character().length(64),
    status: p.smallint().unsigned(),
    location: p.string().length(500).nullable(),
    /** The answer's bytes. */
    body: p.text().columnType('mediumtext'),
    createdAt: p.datetime(3),
  },
});

/**
 * Jobs of a queue that ended in a minute, by how long they took: each row is one length of `ops/lengths.ts`. Workers add to it,
 * so that rows of any number of them are sums.
 */
export const QueueMinute = defineEntity({
  name: 'QueueMinute',
  tableName: 'queue_minutes',
  properties: {
    /** Its beginning; first, so that new rows stand at the end and the oldest at the beginning. */
    minute: p.datetime(3).primary(),
    queue: p.string().length(100).primary(),
    /** The number of the length. */
    length: p.smallint().unsigned().primary(),
    done: p.integer().unsigned(),
    /** For good. */
    failed: p.integer().unsigned(),
  },
});

/** Calls to the provider of market data that were made in a minute, by the lane of who wanted them. Processes add to it. */
export const BudgetMinute = defineEntity({
  name: 'BudgetMinute',
  tableName: 'budget_minutes',
  properties: {
    /** Its beginning; first, so that new rows stand at the end and the oldest at the beginning. */
    minute: p.datetime(3).primary(),
    lane: p.string().length(50).primary(),
    calls: p.integer().unsigned(),
  },
});
