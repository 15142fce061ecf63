import { z } from 'zod';
import type { JobContract } from '../jobs/define-job.ts';
import { catalog as queue } from '../jobs/queues.ts';
import { Currency } from '../money/currency.ts';

/** What is asked for where the plan has no forex; what is done stands in its own file. */
export const referenceRates = {
  kind: 'fetch-reference-rates',
  summary: 'Fetch the central bank’s reference rates, store them and what follows for a currency, announce them.',
  queue,
  payload: z.object({ base: Currency.default('EUR') }),
  result: z.object({
    base: z.string(),
    outcome: z.enum(['stored', 'unchanged', 'looked', 'unknown_symbol', 'not_configured']),
  }),
  // By itself it has its other attempts; whoever reads causes one call.
  attempts: 3,
  backoffMs: 1_000,
  timeoutMs: 10_000,
  coalesceBy: ({ base }: Readonly<{ base: string }>) => base,
  everyMs: 3_600_000,
} as const satisfies JobContract;
