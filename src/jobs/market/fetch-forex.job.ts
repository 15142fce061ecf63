import { z } from 'zod';
import type { JobContext } from '../../context.ts';
import type { Copy } from '../../market/cache.ts';
import { type Rates, decimalText } from '../../market/cross-rates.ts';
import { Currency } from '../../money/currency.ts';
import { forexCopy, forexKeys, forexName, storedForex, storeRates } from '../../market/forex.ts';
import { forexUpdated } from '../../streams/market.stream.ts';
import { type Attempt, defineJob } from '../define-job.ts';
import { fetchCopy, FetchOutcome } from './fetch-copy.ts';
import { fetchReferenceRates } from './fetch-reference-rates.job.ts';
import { finnhub as queue } from '../queues.ts';

/**
 * Fetches the exchange rates of a base from Finnhub, stores them, and announces them. For a key whose plan has
 * no forex, the central bank's rates are asked for instead: `referred_to` is that job.
 */
export const fetchForex = defineJob(
  {
    kind: 'fetch-forex',
    summary: 'Fetch the exchange rates of a currency, store them, announce them.',
    queue,
    payload: z.object({ base: Currency }),
    result: z.object({
      base: z.string(),
      outcome: FetchOutcome.or(z.literal('referred')),
      referred_to: z.object({ queue: z.string(), id: z.string() }).optional(),
    }),
    attempts: 4,
    backoffMs: 500,
    timeoutMs: 8_000,
    coalesceBy: ({ base }) => base,
    copyName: ({ base }) => forexName(base),
  },
  async (attempt, ctx: JobContext) => {
    const { base } = attempt.payload;
    const outcome = await fetchRates(attempt, base, ctx);
    if (outcome !== 'not_in_plan') return { base, outcome };
    const referred_to = {
      queue: fetchReferenceRates.queue.name,
      id: await ctx.jobs.enqueue(fetchReferenceRates, { base }),
    };
    return { base, outcome: 'referred' as const, referred_to };
  },
  async ({ base }, _reason, { market: { asks } }: JobContext) => asks.end(forexName(base)),
);

function fetchRates(attempt: Attempt, base: string, ctx: JobContext) {
  const {
    market: { finnhub, freshMs },
    now,
  } = ctx;
  return fetchCopy(ctx, attempt, {
    name: forexName(base),
    freshMs: freshMs.forex,
    stored: (em) => storedForex(em, base),
    async fetch() {
      const quote = await finnhub.forex(base, attempt.signal);
      if (!quote) return undefined;
      const rates = Object.fromEntries(
        Object.entries(quote).map(([currency, rate]): [string, string] => [currency, decimalText(rate)]),
      );
      return store(ctx, base, rates, { id: attempt.id, at: now() });
    },
  });
}

/** The job may run twice; its id makes both runs one publication. */
async function store(
  { transaction }: JobContext,
  base: string,
  rates: Rates,
  { id, at }: Readonly<{ id: string; at: Date }>,
): Promise<Copy> {
  const row = { base, rates, asOf: at, observedAt: at, source: 'finnhub' };
  await transaction(async (tx, after) => {
    if (await storeRates(tx, row, id)) after.publish(forexUpdated, base, { base, ...forexKeys(row) });
  });
  return forexCopy(row);
}
