import { defineEntity, p } from '@mikro-orm/mysql';

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
