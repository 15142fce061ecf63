import { z } from '@hono/zod-openapi';
import type { Context } from '../../context.ts';
import { callName } from '../../gateways/finnhub/plan.ts';
import { fetchForex } from '../../jobs/market/fetch-forex.job.ts';
import { fetchReferenceRates } from '../../jobs/market/fetch-reference-rates.job.ts';
import { Currency } from '../../money/currency.ts';
import { forexName, storedForex } from '../../market/forex.ts';
import type { Lane } from '../../jobs/queues.ts';
import { defineRoute } from '../http/define-route.ts';
import { marketAnswers, observed, PreferHeader } from './market-answers.ts';
import { askFor } from '../../market/read-market.ts';
import { answerRead } from './answer-read.ts';

const ForexView = z
  .object({ base: z.string(), quote: z.record(z.string(), z.number().positive()), ...observed })
  .openapi('Forex');

const forex = defineRoute(
  'public',
  {
    method: 'get',
    path: '/market/forex',
    operationId: 'readForex',
    summary: 'Exchange rates: units of each currency for one of the base.',
    tags: ['market'],
    request: { query: z.object({ base: Currency.meta({ example: 'USD' }) }), headers: PreferHeader },
    responses: marketAnswers('The rates.', ForexView, {
      base: 'USD',
      quote: { EUR: 0.85587128, GBP: 0.74510442, JPY: 159.83396, USD: 1 },
      as_of: '2026-04-13T14:00:00.000Z',
      source: 'ecb',
      stale: false,
    }),
  },
  async (c) => {
    const { base } = c.req.valid('query');
    const { ctx } = c.var;
    return answerRead(c, {
      named: base,
      name: forexName(base),
      freshMs: ctx.market.freshMs.forex,
      stored: (em) => storedForex(em, base),
      ask: (lane) => ask(ctx, base, lane),
      // A plan without it has the central bank's rates instead.
      call: undefined,
      isConfigured: ctx.config.FINNHUB_API_KEY !== undefined || ctx.market.referenceRates.isConfigured,
    });
  },
);

/** Whoever is known to have no forex is not asked first. */
async function ask(ctx: Context, base: string, lane: Lane) {
  const isPremium =
    ctx.config.FINNHUB_API_KEY === undefined || (await ctx.market.plan.isOutside(callName('/forex/rates')));
  return isPremium
    ? askFor(ctx.jobs, fetchReferenceRates, { base }, 'logged_in')
    : askFor(ctx.jobs, fetchForex, { base }, lane);
}

/** Exchange rates. */
export const routes = [forex];
