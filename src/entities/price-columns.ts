import { p } from '@mikro-orm/mysql';

/** The decimals of a price: coins cost as little as a millionth of a millionth of a dollar, and less. */
export const priceScale = 18;

const price = () => p.decimal('number').precision(30).scale(priceScale);

/** The columns of one observation of a price, as the provider gave it; what kind of price it is, the table says. */
export const priceColumns = () => ({
  id: p.bigint('string').primary().autoincrement(),
  symbol: p.string().length(32),
  /** The job that observed it: a second run of the job rewrites the same row. */
  jobId: p.string().length(64),
  current: price(),
  change: price().nullable(),
  changePercent: price().nullable(),
  high: price().nullable(),
  low: price().nullable(),
  open: price().nullable(),
  previousClose: price().nullable(),
  /** The provider's `t`, UNIX seconds. */
  quotedAt: p.integer().unsigned(),
  observedAt: p.datetime(3),
  source: p.string().length(20),
});
