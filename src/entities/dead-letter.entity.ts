import { defineEntity, p } from '@mikro-orm/mysql';

/** A job that gave up, kept in MySQL until someone decides. Replaying is a new job with the same payload, once. */
export const DeadLetter = defineEntity({
  name: 'DeadLetter',
  tableName: 'dead_letters',
  properties: {
    id: p.uuid().primary(),
    kind: p.string().length(100).index(),
    /** The job's id in its queue: giving up twice is one letter. */
    jobId: p.string().length(191).unique(),
    /** JSON text. */
    payload: p.text().columnType('mediumtext'),
    reason: p.string().length(1000),
    attempts: p.integer().unsigned(),
    diedAt: p.datetime(3),
    replayedAt: p.datetime(3).nullable().index(),
    replayJobId: p.uuid().nullable(),
  },
});
