import { chance, seedOf } from '../../chance.ts';
import type { CompanyList } from '../company-lists.ts';
import type { Listing } from '../listings.ts';

const DAY_MS = 86_400_000;

/** When earnings are told: of the quarters that were told within a month, and of the next, the last first. */
export const earnings: CompanyList = {
  endpoint: '/calendar/earnings',
  of(company, { seed, nowMs }) {
    const now = new Date(nowMs);
    const quarters = [0, -1, -2].map((ahead) => Math.floor(now.getUTCMonth() / 3) + ahead);
    const reports = quarters.map((quarter) =>
      report(company, seed, Date.UTC(now.getUTCFullYear(), (quarter + 1) * 3, 0)),
    );
    const earningsCalendar = reports
      .filter(({ toldMs }) => toldMs > nowMs - 30 * DAY_MS)
      .map(({ toldMs, actual, entry }) => ({ ...entry, ...(toldMs <= nowMs ? actual : notTold) }));
    return { earningsCalendar };
  },
  ofNone: { earningsCalendar: [] },
};

const notTold = { epsActual: null, revenueActual: null };

/** What a company tells of the quarter that ends then, 24 to 40 days later. */
function report({ symbol, price, shares }: Listing, seed: number, endMs: number) {
  const number = (salt: number) => chance(seed ^ seedOf(symbol), endMs / DAY_MS, salt);
  const toldMs = endMs + (24 + Math.floor(16 * number(1))) * DAY_MS;
  const end = new Date(endMs);
  const epsEstimate = Number(((price / 100) * (0.8 + 0.4 * number(2))).toFixed(4));
  const revenueEstimate = Math.round(epsEstimate * shares * 4_000_000);
  const surprise = 0.95 + 0.1 * number(3);
  return {
    toldMs,
    actual: {
      epsActual: Number((epsEstimate * surprise).toFixed(4)),
      revenueActual: Math.round(revenueEstimate * surprise),
    },
    entry: {
      date: new Date(toldMs).toISOString().slice(0, 10),
      epsEstimate,
      hour: number(4) < 0.5 ? 'amc' : 'bmo',
      quarter: (end.getUTCMonth() + 1) / 3,
      revenueEstimate,
      symbol,
      year: end.getUTCFullYear(),
    },
  };
}
