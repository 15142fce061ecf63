import { z } from 'zod';
import { EarningsCalendar } from '../../entities/market.entity.ts';
import { KnownNumber, Text } from '../../gateways/finnhub/answers.ts';
import { listOf } from '../../gateways/http/lenient.ts';
import type { Facts } from '../copy.ts';
import { defineMarketData } from '../define-market-data.ts';
import { listsIn, ownItems } from '../series.ts';
import { Symbol } from '../symbol.ts';

// Revenues are in single units of the currency; a loss is a negative number.
const Amount = z.number().min(-1e15).max(1e15);
const Entry = z.object({
  date: z.iso.date(),
  epsActual: KnownNumber('epsActual', Amount),
  epsEstimate: KnownNumber('epsEstimate', Amount),
  hour: Text('hour', 32),
  quarter: KnownNumber('quarter', z.int().min(1).max(4)),
  revenueActual: KnownNumber('revenueActual', Amount),
  revenueEstimate: KnownNumber('revenueEstimate', Amount),
  symbol: z.string().max(32),
  year: KnownNumber('year', z.int().min(1_900).max(9_999)),
});
const number = z.number().nullable();
const Dated = z.object({ data: z.array(z.object({ date: z.string() })) });

/** When a company tells its earnings. */
export const earnings = defineMarketData({
  name: 'earnings',
  what: 'the earnings calendar of a company',
  summary: 'When a company tells its earnings, with what is expected and what it was.',
  freshSeconds: 21_600,
  isPatient: true,
  payload: z.object({ symbol: Symbol }),
  query: z.object({ symbol: Symbol.meta({ example: 'AAPL' }) }),
  answer: z.object({
    data: z.array(
      z.object({
        date: z.string(),
        epsActual: number,
        epsEstimate: number,
        hour: z.string(),
        quarter: number,
        revenueActual: number,
        revenueEstimate: number,
        symbol: z.string(),
        year: number,
      }),
    ),
  }),
  example: {
    symbol: 'AAPL',
    data: [
      {
        date: '2026-07-29',
        epsActual: null,
        epsEstimate: 1.9316,
        hour: 'amc',
        quarter: 3,
        revenueActual: null,
        revenueEstimate: 110_771_401_872,
        symbol: 'AAPL',
        year: 2026,
      },
    ],
    as_of: '2026-05-22T20:00:01.000Z',
    source: 'finnhub',
  },
  call: ({ symbol }) => ({
    path: '/calendar/earnings',
    query: { symbol },
    answer: z
      .object({ earningsCalendar: listOf('entry', Entry) })
      .transform(({ earningsCalendar }, check) => ownItems(earningsCalendar, symbol, check)),
  }),
  // Between two quarters there may be no date yet; but silence takes no date back that is still to come.
  silence: { means: [], yieldsTo: hasDateToCome },
  store: listsIn(EarningsCalendar),
});

function hasDateToCome(last: Facts, at: Date): boolean {
  const today = at.toISOString().slice(0, 10);
  return Dated.safeParse(last).data?.data.some(({ date }) => date >= today) ?? false;
}
