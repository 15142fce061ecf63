import { defineEntity, p } from '@mikro-orm/mysql';

/**
 * The rates of one base at one moment: units of each currency for one of the base, as decimal text, exact. What is
 * published together is one row, so that no reader mixes two moments.
 */
export const ForexRate = defineEntity({
  name: 'ForexRate',
  tableName: 'forex_rates',
  indexes: [{ properties: ['base', 'asOf'] }],
  uniques: [{ properties: ['base', 'publication'] }],
  properties: {
    id: p.bigint('string').primary().autoincrement(),
    base: p.string().length(3),
    // The day of the central bank's publication, or the job that asked: a second run rewrites the same row.
    publication: p.string().length(64),
    rates: p.json<Record<string, string>>(),
    /** The moment for which the rates hold. */
    asOf: p.datetime(3),
    /** When they were last fetched. */
    observedAt: p.datetime(3),
    source: p.string().length(20),
  },
});
