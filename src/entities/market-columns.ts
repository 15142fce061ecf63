import { type EntitySchema, p } from '@mikro-orm/mysql';

/** The decimals of a price: coins cost as little as a millionth of a millionth of a dollar, and less. */
export const priceScale = 18;

/** The decimals of a company's amounts, which are in millions, and of volumes. */
export const amountScale = 10;

/** The column of a price. */
export const price = () => p.decimal('number').precision(30).scale(priceScale);

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

/** The columns of the trades of a symbol within an interval. */
export const tickColumns = () => ({
  symbol: p.string().length(32).primary(),
  /** When the interval began, UNIX seconds. */
  began: p.integer().unsigned().primary(),
  open: price(),
  high: price(),
  low: price(),
  close: price(),
  trades: p.integer().unsigned(),
  volume: p.decimal('number').precision(30).scale(amountScale),
  /** When the first and the last trade were, ms after the interval began: trades come in any order. */
  firstMs: p.integer().unsigned(),
  lastMs: p.integer().unsigned(),
});

/** The columns of one observation of a list that the provider gives about a symbol; of what, the table says. */
export const listColumns = () => ({
  id: p.bigint('string').primary().autoincrement(),
  symbol: p.string().length(32),
  /** The job that observed it: a second run of the job rewrites the same row. */
  jobId: p.string().length(64),
  /** The items as the provider gave them, in its order. */
  data: p.json<readonly unknown[]>(),
  observedAt: p.datetime(3),
  source: p.string().length(20),
});

/** A list as its columns hold it. */
export type ListRow = Readonly<{
  id: string;
  symbol: string;
  jobId: string;
  data: readonly unknown[];
  observedAt: Date;
  source: string;
}>;

/** A table of lists: the same columns, whatever they are lists of. */
export type ListTable = EntitySchema<ListRow>;
