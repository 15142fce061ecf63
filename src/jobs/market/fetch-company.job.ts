import { z } from 'zod';
import type { JobContext } from '../../context.ts';
import { amountScale, CompanyProfile } from '../../entities/market.entity.ts';
import { companyCopy, companyKeys, companyName, storedCompany } from '../../market/company.ts';
import { rounded } from '../../market/quote.ts';
import { Symbol } from '../../market/symbol.ts';
import { companyUpdated } from '../../streams/market.stream.ts';
import { defineJob } from '../define-job.ts';
import { fetchCopy, FetchOutcome } from './fetch-copy.ts';
import { finnhub as queue } from '../queues.ts';

/** Fetches one company's profile from Finnhub, stores it, and announces it. Another ticker's record is never stored. */
export const fetchCompany = defineJob(
  {
    kind: 'fetch-company',
    summary: 'Fetch one company’s profile, store it, announce it.',
    queue,
    payload: z.object({ symbol: Symbol }),
    result: z.object({ symbol: z.string(), outcome: FetchOutcome }),
    attempts: 4,
    backoffMs: 500,
    timeoutMs: 8_000,
    coalesceBy: ({ symbol }) => symbol,
    copyName: ({ symbol }) => companyName(symbol),
  },
  async (attempt, ctx: JobContext) => {
    const { symbol } = attempt.payload;
    const {
      market: { finnhub, freshMs },
      now,
      transaction,
    } = ctx;
    const outcome = await fetchCopy(ctx, attempt, {
      name: companyName(symbol),
      freshMs: freshMs.company,
      stored: (em) => storedCompany(em, symbol),
      async fetch() {
        const company = await finnhub.company(symbol, attempt.signal);
        if (!company) return undefined;
        const { finnhubIndustry: industry, weburl: website, ...rest } = company;
        const amounts = {
          marketCapitalization: asStored(company.marketCapitalization),
          shareOutstanding: asStored(company.shareOutstanding),
        };
        const row = { symbol, ...rest, ...amounts, industry, website, observedAt: now(), source: 'finnhub' };
        // A symbol has one row, which a second run writes again.
        await transaction(async (tx, after) => {
          await tx.upsert(CompanyProfile, row);
          after.publish(companyUpdated, symbol, { symbol, ...companyKeys(row) });
        });
        return companyCopy(row);
      },
    });
    return { symbol, outcome };
  },
  async ({ symbol }, _reason, { market: { asks } }: JobContext) => asks.end(companyName(symbol)),
);

/** An amount as its column holds it; one too small for that is not known. */
function asStored(amount: number | null): number | null {
  return amount === null ? null : rounded(amount, amountScale) || null;
}
