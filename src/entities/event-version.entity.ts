import { defineEntity, p } from '@mikro-orm/mysql';

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
