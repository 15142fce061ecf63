import { defineEntity } from '@mikro-orm/mysql';
import { priceColumns } from './price-columns.ts';

/** One observation of a coin's price at an exchange. The last one of a symbol is its stored copy. */
export const CryptoData = defineEntity({
  name: 'CryptoData',
  tableName: 'crypto_data',
  indexes: [{ properties: ['symbol', 'observedAt'] }],
  uniques: [{ properties: ['jobId'] }],
  properties: priceColumns(),
});
