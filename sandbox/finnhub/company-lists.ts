import { chance, seedOf } from '../chance.ts';
import { type Listing, listings } from './listings.ts';

/** Of which market a list is, and when it is asked for. */
export type ListMarket = Readonly<{ seed: number; nowMs: number }>;

/** What the provider lists about a company: the same for the same seed and day. */
type List = (company: Listing, market: ListMarket) => unknown;

const DAY_MS = 86_400_000;
const reported = 40; // Days after a quarter's end.

/** Every endpoint that answers a list about a company, with the list and with what it answers about what is no company. */
export const companyLists: ReadonlyMap<string, Readonly<{ of: List; ofNone: unknown }>> = new Map([
  ['/stock/recommendation', { of: recommendations, ofNone: [] }],
  ['/calendar/earnings', { of: earnings, ofNone: { earningsCalendar: [] } }],
  ['/stock/peers', { of: peers, ofNone: [] }],
]);

/** The list about a symbol, as the provider would answer. */
export function companyList(endpoint: string, symbol: string, market: ListMarket): unknown {
  const list = companyLists.get(endpoint);
  const listing = listings.get(symbol);
  return listing?.type === 'Common Stock' ? list?.of(listing, market) : list?.ofNone;
}

/** The last four months, newest first. */
function recommendations({ symbol }: Listing, { seed, nowMs }: ListMarket) {
  const now = new Date(nowMs);
  return [0, 1, 2, 3].map((ago) => {
    const month = Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - ago, 1);
    const count = (salt: number, most: number) =>
      Math.floor(chance(seed ^ seedOf(symbol), month / DAY_MS, salt) * most);
    return {
      buy: 15 + count(1, 12),
      hold: 8 + count(2, 9),
      period: dayOf(month),
      sell: count(3, 4),
      strongBuy: 8 + count(4, 8),
      strongSell: count(5, 2),
      symbol,
    };
  });
}

/** The quarter that was told last, if that was within a month, and the next. */
function earnings(company: Listing, { seed, nowMs }: ListMarket) {
  const now = new Date(nowMs);
  const quarters = [-2, -1, 0].map((ahead) => Math.floor(now.getUTCMonth() / 3) + ahead);
  const all = quarters.map((quarter) => report(company, seed, Date.UTC(now.getUTCFullYear(), (quarter + 1) * 3, 0)));
  const earningsCalendar = all
    .filter(({ toldMs }) => toldMs > nowMs - 30 * DAY_MS)
    .map(({ toldMs, actual, ...entry }) => ({ ...entry, ...(toldMs <= nowMs ? actual : unknown) }));
  return { earningsCalendar: earningsCalendar.toSorted((a, b) => (a.date < b.date ? 1 : -1)) };
}

const unknown = { epsActual: null, revenueActual: null };

/** What a company tells of the quarter that ends then. */
function report({ symbol, price, shares }: Listing, seed: number, endMs: number) {
  const number = (salt: number) => chance(seed ^ seedOf(symbol), endMs / DAY_MS, salt);
  const toldMs = endMs + Math.floor(reported * (0.6 + 0.4 * number(1))) * DAY_MS;
  const end = new Date(endMs);
  const epsEstimate = Number(((price / 100) * (0.8 + 0.4 * number(2))).toFixed(4));
  const revenueEstimate = Math.round(epsEstimate * shares * 4_000_000);
  const surprise = 0.95 + 0.1 * number(3);
  return {
    date: dayOf(toldMs),
    epsEstimate,
    hour: number(4) < 0.5 ? 'amc' : 'bmo',
    quarter: (end.getUTCMonth() + 1) / 3,
    revenueEstimate,
    symbol,
    year: end.getUTCFullYear(),
    toldMs,
    actual: {
      epsActual: Number((epsEstimate * surprise).toFixed(4)),
      revenueActual: Math.round(revenueEstimate * surprise),
    },
  };
}

/** The companies of its industry, itself first. */
function peers({ symbol, industry }: Listing) {
  const alike = [...listings.values()].filter((other) => other.type === 'Common Stock' && other.industry === industry);
  return [symbol, ...alike.map((other) => other.symbol).filter((other) => other !== symbol)];
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
