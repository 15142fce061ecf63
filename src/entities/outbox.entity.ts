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

/** Every event ever announced, written in the transaction that caused it: what rebuilds a lost stream. */
export const EventLog = defineEntity({
  name: 'EventLog',
  tableName: 'event_log',
  uniques: [{ properties: ['stream', 'subject', 'version'] }],
  indexes: [{ properties: ['stream', 'position'] }, { properties: ['subject', 'position'] }],
  properties: {
    /** Rises from row to row, but rows become visible in the order of their commits: see outbox/read-log.ts. */
    position: p.bigint('number').unsigned().primary().autoincrement(),
    /** UUIDv7, the event's id on its stream. */
    id: p.uuid().unique(),
    stream: p.string().length(50),
    type: p.string().length(100),
    subject: p.string().length(100),
    version: p.integer().unsigned(),
    /** JSON text. */
    data: p.text().columnType('mediumtext'),
    at: p.datetime(3),
  },
});

/** The last event number of a subject; taking the next one locks the row, so numbers commit in order without gaps. */
export const EventVersion = defineEntity({
  name: 'EventVersion',
  tableName: 'event_versions',
  properties: {
    stream: p.string().length(50).primary(),
    subject: p.string().length(100).primary(),
    version: p.integer().unsigned(),
  },
});
