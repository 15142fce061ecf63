import { defineEntity } from '@mikro-orm/mysql';
import { priceColumns } from './price-columns.ts';

/** One observation of a share's price. The last one of a symbol is its stored copy. */
export const StockQuote = defineEntity({
  name: 'StockQuote',
  tableName: 'stock_quotes',
  indexes: [{ properties: ['symbol', 'observedAt'] }],
  uniques: [{ properties: ['jobId'] }],
  properties: priceColumns(),
});
