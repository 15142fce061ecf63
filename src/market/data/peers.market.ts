import { z } from 'zod';
import { CompanyPeers } from '../../entities/market.entity.ts';
import { WholeText } from '../../gateways/finnhub/answers.ts';
import { listOf } from '../../gateways/http/lenient.ts';
import { defineMarketData } from '../define-market-data.ts';
import { listsIn, listsSome } from '../series.ts';
import { Symbol } from '../symbol.ts';

/** The companies of the same country and industry. */
export const peers = defineMarketData({
  name: 'peers',
  what: 'the peers of a company',
  summary: 'The companies of the same country and industry, in the provider’s order, mostly with the company itself.',
  freshSeconds: 86_400,
  isPatient: true,
  payload: z.object({ symbol: Symbol }),
  query: z.object({ symbol: Symbol.meta({ example: 'AAPL' }) }),
  answer: z.object({ data: z.array(z.string()) }),
  example: {
    symbol: 'AAPL',
    data: ['AAPL', 'SNDK', 'DELL', 'WDC', 'HPE'],
    as_of: '2026-05-22T20:00:01.000Z',
    source: 'finnhub',
  },
  call: ({ symbol }) => ({
    path: '/stock/peers',
    query: { symbol },
    answer: listOf('peer', WholeText.min(1).max(32)).transform((found) => (found.length === 0 ? undefined : found)),
  }),
  // Not every listed share is a company with an industry; but one that was does not cease to be.
  silence: { means: [], yieldsTo: listsSome },
  store: listsIn(CompanyPeers),
});
