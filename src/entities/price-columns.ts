import { p } from '@mikro-orm/mysql';

/** The columns of one observation of a price, as the provider gave it; what kind of price it is, the table says. */
export const priceColumns = () => ({
  id: p.bigint('string').primary().autoincrement(),
  symbol: p.string().length(32),
  /** The job that observed it: a second run of the job rewrites the same row. */
  jobId: p.string().length(64),
  current: p.decimal('number').precision(20).scale(8),
  change: p.decimal('number').precision(20).scale(8).nullable(),
  changePercent: p.decimal('number').precision(20).scale(8).nullable(),
  high: p.decimal('number').precision(20).scale(8),
  low: p.decimal('number').precision(20).scale(8),
  open: p.decimal('number').precision(20).scale(8),
  previousClose: p.decimal('number').precision(20).scale(8),
  /** The provider's `t`, UNIX seconds. */
  quotedAt: p.integer().unsigned(),
  observedAt: p.datetime(3),
  source: p.string().length(20),
});
