import { defineEntity, p } from '@mikro-orm/mysql';

/**
 * A job or an event that must leave MySQL, written in the transaction it belongs to and deleted once it has left.
 * Whoever holds the lease sends it; when `leaseUntil` has passed, anyone may take it over.
 */
export const OutboxMessage = defineEntity({
  name: 'OutboxMessage',
  tableName: 'outbox_messages',
  indexes: [{ properties: ['stream', 'subject', 'version'] }],
  properties: {
    /** UUIDv7; it becomes the job's or the event's id. */
    id: p.uuid().primary(),
    /** A job's kind or an event's type. */
    name: p.string().length(100),
    /** Set for events only. */
    stream: p.string().length(50).nullable(),
    subject: p.string().length(100).nullable(),
    version: p.integer().unsigned().nullable(),
    /** JSON text: a job's payload or an event's data. */
    body: p.text().columnType('mediumtext'),
    /** The `traceparent` of what wrote it, where traces are kept. */
    trace: p.string().length(55).nullable(),
    createdAt: p.datetime(3),
    leaseUntil: p.datetime(3).index(),
  },
});
