import { defineEntity, p } from '@mikro-orm/mysql';

/**
 * What somebody changed, or tried to: written in the transaction of the change and never changed itself. What is changed
 * outside MySQL has two entries of one request: one before, without a status, and one with the answer it got.
 */
export const AuditEntry = defineEntity({
  name: 'AuditEntry',
  tableName: 'audit_entries',
  indexes: [
    { properties: ['userId', 'id'] },
    { properties: ['action', 'id'] },
    { properties: ['subject', 'id'] },
    { properties: ['code', 'at'] },
    { properties: ['at'] },
  ],
  properties: {
    id: p.uuid().primary(),
    /** Who; null: nobody known. No foreign key: what was done stays known when its doer has left. */
    userId: p.integer().unsigned().nullable(),
    /** From where; empty of what came over no socket. */
    address: p.string().length(64).nullable(),
    /** The id of the operation, as in /openapi.json; on the board what it asks for, such as `PUT retry/failed`. */
    action: p.string().length(191),
    /** The id of what was changed: of a user, product, order, job or token, a symbol, or a queue's name. */
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
    /** The answer it got; null: not made yet. */
    status: p.smallint().unsigned().nullable(),
    /** Why it was refused: a code of /problems. */
    code: p.string().length(50).nullable(),
  },
});
