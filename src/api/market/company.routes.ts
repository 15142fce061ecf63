import { z } from '@hono/zod-openapi';
import { callName } from '../../gateways/finnhub/plan.ts';
import { fetchCompany } from '../../jobs/market/fetch-company.job.ts';
import { companyName, storedCompany } from '../../market/company.ts';
import { Symbol } from '../../market/symbol.ts';
import { CompanyKeys } from '../../streams/market.stream.ts';
import { defineRoute } from '../http/define-route.ts';
import { marketAnswers, observed, PreferHeader } from './market-answers.ts';
import { askFor } from '../../market/read-market.ts';
import { answerRead } from './answer-read.ts';

const CompanyView = CompanyKeys.extend({ symbol: z.string(), ...observed }).openapi('Company');

const company = defineRoute(
  'public',
  {
    method: 'get',
    path: '/market/company',
    operationId: 'readCompany',
    summary: 'A company’s profile in the provider’s own keys.',
    tags: ['market'],
    request: { query: z.object({ symbol: Symbol.meta({ example: 'AAPL' }) }), headers: PreferHeader },
    responses: marketAnswers('The profile.', CompanyView, {
      symbol: 'AAPL',
      country: 'US',
      currency: 'USD',
      estimateCurrency: 'USD',
      exchange: 'NASDAQ NMS - GLOBAL MARKET',
      finnhubIndustry: 'Technology',
      ipo: '1980-12-12',
      logo: null,
      marketCapitalization: 3_605_658.2,
      name: 'Apple Inc',
      phone: '14089961010',
      shareOutstanding: 14_687.36,
      ticker: 'AAPL',
      weburl: 'https://www.apple.com/',
      as_of: '2025-09-19T20:00:01.000Z',
      source: 'finnhub',
      stale: false,
    }),
  },
  async (c) => {
    const { symbol } = c.req.valid('query');
    const { ctx } = c.var;
    return answerRead(c, {
      named: symbol,
      name: companyName(symbol),
      freshMs: ctx.market.freshMs.company,
      stored: (em) => storedCompany(em, symbol),
      ask: (lane) => askFor(ctx.jobs, fetchCompany, { symbol }, lane),
      call: callName('/stock/profile2', symbol),
      isPatient: true,
    });
  },
);

/** Companies. */
export const routes = [company];
