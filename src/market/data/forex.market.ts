import { z } from 'zod';
import { ForexRate } from '../../entities/market.entity.ts';
import { tableOf } from '../../gateways/http/lenient.ts';
import { Currency } from '../../money/currency.ts';
import { decimalText } from '../cross-rates.ts';
import { defineMarketData } from '../define-market-data.ts';
import { forexKeys, forexObservation, type ForexRow, newestRates, storeRates } from '../forex.ts';
import { type MarketStore, oneByOne } from '../market-store.ts';
import { referenceRates } from '../reference-rates.ts';

// Zero is what is not known; beyond these no currency is worth anything, and none has so many digits.
const Rate = z.union([z.literal(0), z.number().min(1e-12).max(1e15)]);
const Rates = z.object({ base: z.string(), quote: tableOf('rate', Rate) });

type Quoted = Readonly<Record<string, number>>;

const store: MarketStore<Readonly<{ base: string }>, Quoted> = {
  async last(em, { base }) {
    const row = await newestRates(em, base);
    return row && forexObservation(row);
  },
  // The job may run twice; its id makes both runs one publication.
  write: (tx, sayings) =>
    oneByOne(sayings, async ({ ask: { base }, said: quoted, seen: { jobId, observedAt, source } }) => {
      const rates = Object.fromEntries(
        Object.entries(quoted).map(([currency, rate]): [string, string] => [currency, decimalText(rate)]),
      );
      const row: ForexRow = { base, rates, asOf: observedAt, observedAt, source };
      const seen = forexObservation(row);
      return { seen, ...((await storeRates(tx, row, jobId)) ? { told: seen.facts } : {}) };
    }),
  async history(em, { base }, { from, to }, { after, limit }) {
    const onward = after && { $or: [{ asOf: { $gt: after.at } }, { asOf: after.at, id: { $gt: after.rank } }] };
    const rows = await em.find(
      ForexRate,
      { base, asOf: { $gte: from, $lte: to }, ...onward },
      { orderBy: { asOf: 'asc', id: 'asc' }, limit, disableIdentityMap: true },
    );
    return rows.map((row) => ({ at: row.asOf, rank: row.id, facts: forexKeys(row) }));
  },
  pruned: [
    { table: ForexRate.meta.tableName, name: 'base', moment: 'as_of', before: (limit) => limit, staysLast: true },
  ],
};

/** The exchange rates of a base; where the plan has none, the central bank's. */
export const forex = defineMarketData({
  name: 'forex',
  what: 'the exchange rates of a currency',
  summary: 'Exchange rates: units of each currency for one of the base.',
  freshSeconds: 'FOREX_TTL_SECONDS',
  payload: z.object({ base: Currency }),
  query: z.object({ base: Currency.meta({ example: 'USD' }) }),
  answer: z.object({ quote: z.record(z.string(), z.number().positive()) }),
  example: {
    base: 'USD',
    quote: { EUR: 0.85587128, GBP: 0.74510442, JPY: 159.83396, USD: 1 },
    as_of: '2026-04-13T14:00:00.000Z',
    source: 'ecb',
  },
  call: ({ base }) => ({
    path: '/forex/rates',
    query: { base },
    answer: Rates.transform((said) => (said.base === base ? pricedOf(said.quote) : undefined)),
  }),
  store,
  fallback: { job: referenceRates, isConfigured: (market) => market.referenceRates.isConfigured },
});

function pricedOf(quote: Quoted): Quoted | undefined {
  const priced = Object.entries(quote).filter(([currency, rate]) => /^[A-Z]{3}$/.test(currency) && rate > 0);
  return priced.length > 0 ? Object.fromEntries(priced) : undefined;
}
