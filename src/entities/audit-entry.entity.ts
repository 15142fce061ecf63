import { defineEntity, p } from '@mikro-orm/mysql';

/** A change that somebody made by hand to the queues or their jobs. Written before it is made, so that none goes unseen. */
export const AuditEntry = defineEntity({
  name: 'AuditEntry',
  tableName: 'audit_entries',
  properties: {
    id: p.uuid().primary(),
    /** Who. No foreign key: what was done stays known when its doer has left. */
    userId: p.integer().unsigned(),
    /** What, such as `PUT pause` or `PUT retry/failed`. */
    action: p.string().length(191),
    /** Null: every queue. */
    queue: p.string().length(100).nullable(),
    jobId: p.string().length(191).nullable(),
    requestId: p.uuid(),
    at: p.datetime(3),
    /** The answer it got; null while nobody knows. */
    status: p.smallint().unsigned().nullable(),
  },
});
