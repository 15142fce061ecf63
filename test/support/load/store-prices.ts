import { randomUUID } from 'node:crypto';
import { StockQuote } from '../../../src/entities/market.entity.ts';
import { quote } from '../../../src/market/data/quote.market.ts';
import { priceRow } from '../../../src/market/price.ts';
import { insertRows } from '../../../src/mysql/rows.ts';
import type { Transaction } from '../../../src/outbox/transaction.ts';

/** A price of a share that is stored: of which, how much, and when it was observed. */
export type Observed = Readonly<{ symbol: string; price: number; asOf: Date }>;

/** Stores prices and announces them in one transaction, in this order, as fetches do one by one. */
export async function storePrices(transaction: Transaction, prices: readonly Observed[]): Promise<void> {
  await transaction(async (tx, after) => {
    const rows = prices.map(({ symbol, price, asOf: observedAt }) => {
      const said = { c: price, d: null, dp: null, h: null, l: null, o: null, pc: null, t: 1_758_312_000 };
      const told = { symbol, ...said, as_of: observedAt.toISOString(), source: 'finnhub' };
      if (quote.event) after.publish(quote.event, symbol, told);
      return { ...priceRow(said, { symbol, observedAt, source: 'finnhub' }), jobId: randomUUID() };
    });
    await insertRows(tx, StockQuote, rows);
  });
}
