import { z } from 'zod';
import { RecommendationTrends } from '../../entities/market.entity.ts';
import { listOf } from '../../gateways/http/lenient.ts';
import { defineMarketData } from '../define-market-data.ts';
import { listsIn, listsSome, ownItems } from '../series.ts';
import { Symbol } from '../symbol.ts';

const Count = z.int().nonnegative().max(100_000);
const Trend = z.object({
  buy: Count,
  hold: Count,
  period: z.iso.date(),
  sell: Count,
  strongBuy: Count,
  strongSell: Count,
  symbol: z.string().max(32),
});

/** What analysts recommend for a share. */
export const recommendations = defineMarketData({
  name: 'recommendations',
  what: 'the analysts’ recommendations for a share',
  summary: 'How many analysts recommend what for a share, month by month, newest first.',
  // Analysts are counted once a month.
  freshSeconds: 86_400,
  isPatient: true,
  payload: z.object({ symbol: Symbol }),
  query: z.object({ symbol: Symbol.meta({ example: 'AAPL' }) }),
  answer: z.object({ data: z.array(Trend) }),
  example: {
    symbol: 'AAPL',
    data: [{ buy: 24, hold: 13, period: '2026-05-01', sell: 2, strongBuy: 15, strongSell: 0, symbol: 'AAPL' }],
    as_of: '2026-05-22T20:00:01.000Z',
    source: 'finnhub',
  },
  call: ({ symbol }) => ({
    path: '/stock/recommendation',
    query: { symbol },
    answer: listOf('trend', Trend).transform((trends, check) => ownItems(trends, symbol, check)),
  }),
  // Not every listed share has analysts; but one that had some does not lose what they said.
  silence: { means: [], yieldsTo: listsSome },
  store: listsIn(RecommendationTrends),
});
