import { randomUUID } from 'node:crypto';
import { priceOf } from '../../../src/market/data/quote.market.ts';
import type { Transaction } from '../../../src/outbox/transaction.ts';

/** A price that is stored: of what, how much, and when it was observed. */
export type Observed = Readonly<{ symbol: string; price: number; asOf: Date }>;

/** Stores prices and announces them in one transaction, in this order, as fetches do one by one. */
export async function storePrices(transaction: Transaction, prices: readonly Observed[]): Promise<void> {
  await transaction(async (tx, after) => {
    for (const { symbol, price, asOf } of prices) {
      const { store, event } = priceOf(symbol);
      const quote = { c: price, d: null, dp: null, h: null, l: null, o: null, pc: null, t: 1_758_312_000 };
      const { told } = await store.write(tx, { symbol }, quote, {
        jobId: randomUUID(),
        observedAt: asOf,
        source: 'finnhub',
      });
      if (event && told) after.publish(event, symbol, told);
    }
  });
}
