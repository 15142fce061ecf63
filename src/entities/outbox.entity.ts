import { defineEntity, p } from '@mikro-orm/mysql';

/**
 * A job that must leave MySQL, written in the transaction it belongs to and deleted once it has left. Whoever holds the lease
 * sends it; when `leaseUntil` has passed, anyone may claim it.
 */
export const OutboxMessage = defineEntity({
  name: 'OutboxMessage',
  tableName: 'outbox_messages',
  indexes: [
    /** Those whose lease is over, the oldest first: a sweep takes them over. */
    { properties: ['leaseUntil'] },
  ],
  properties: {
    /** UUIDv7; it becomes the job's id. */
    id: p.uuid().primary(),
    /** The job's kind. */
    name: p.string().length(100),
    /** JSON text: the job's payload. */
    body: p.text().columnType('mediumtext'),
    /** The `traceparent` of what wrote it, where traces are kept. */
    trace: p.string().length(55).nullable(),
    createdAt: p.datetime(3),
    leaseUntil: p.datetime(3),
    /** The token of the sweep that has claimed it. */
    claim: p.uuid().nullable(),
  },
});

/**
 * Every event, written in the transaction that caused it: what streams are filled from, and built again. An event without a
 * position has not been given one yet; whoever gives it announces it.
 */
export const EventLog = defineEntity({
  name: 'EventLog',
  tableName: 'event_log',
  uniques: [
    /** A position is one event's: `GET /events` reads on after one, and whoever gives positions looks for events without. */
    { properties: ['position'] },
    /** A subject's versions are each one event: the timeline of an order reads them. */
    { properties: ['stream', 'subject', 'version'] },
  ],
  indexes: [
    /** A stream's events after a position, to fill it again; and where it ends. */
    { properties: ['stream', 'position'] },
    /** A subject's events after a position: `GET /events?subject=…`. */
    { properties: ['subject', 'position'] },
  ],
  properties: {
    /** UUIDv7, the event's id. */
    id: p.uuid().primary(),
    /** Its place among all events, given with its commit or after it: rising from each that can be seen to the next, without holes. */
    position: p.bigint('number').unsigned().nullable(),
    /** When it was given its position, ms. The two are the id of its entry in the stream. */
    entryMs: p.bigint('number').unsigned().nullable(),
    stream: p.string().length(50),
    type: p.string().length(100),
    subject: p.string().length(100),
    version: p.integer().unsigned(),
    /** The version of the shape of its data. */
    schema: p.smallint().unsigned().default(1),
    /** JSON text. */
    data: p.text().columnType('mediumtext'),
    /** The `traceparent` of what caused it, where traces are kept. */
    trace: p.string().length(55).nullable(),
    at: p.datetime(3),
  },
});

/** The end of the log, one row: the last position that was given, and when. Whoever moves it on gives the next ones. */
export const EventLogEnd = defineEntity({
  name: 'EventLogEnd',
  tableName: 'event_log_end',
  properties: {
    /** Always 1. */
    id: p.integer().unsigned().primary().autoincrement(false),
    position: p.bigint('number').unsigned(),
    entryMs: p.bigint('number').unsigned(),
    /** The token of the relay that has moved it on. */
    claim: p.uuid().nullable(),
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
