import { z } from 'zod';
import type { JobContext } from '../../context.ts';
import type { Publication } from '../../gateways/feeds/reference-rates.ts';
import { publishedAt, crossRates } from '../../market/cross-rates.ts';
import { Currency } from '../../money/currency.ts';
import { forexCopy, forexKeys, forexName, type ForexRow, newestRates, storeRates } from '../../market/forex.ts';
import { lookMs } from '../../market/looks.ts';
import { forexUpdated } from '../../streams/market.stream.ts';
import { defineJob } from '../define-job.ts';
import { lookOnce } from './fetch-copy.ts';
import { catalog as queue } from '../queues.ts';

const source = 'ecb';

/**
 * Brings the central bank's rates of the euro up to date, and those of a base that follow from them. Rates fetched within
 * `FOREX_TTL_SECONDS` serve every base, so that the bank is asked about once in that time. By itself it keeps the euro's.
 */
export const fetchReferenceRates = defineJob(
  {
    kind: 'fetch-reference-rates',
    summary: 'Fetch the central bank’s reference rates, store them and what follows for a currency, announce them.',
    queue,
    payload: z.object({ base: Currency.default('EUR') }),
    result: z.object({
      base: z.string(),
      outcome: z.enum(['stored', 'unchanged', 'looked', 'unknown_symbol', 'not_configured']),
    }),
    // By itself it has its other tries; whoever reads causes one call.
    attempts: 3,
    backoffMs: 1_000,
    timeoutMs: 10_000,
    coalesceBy: ({ base }) => base,
    copyName: ({ base }) => forexName(base),
    everyMs: 3_600_000,
  },
  async ({ payload: { base }, signal }, ctx: JobContext) => {
    const {
      market: { asks, cache, looks, referenceRates },
    } = ctx;
    const name = forexName(base);
    if (!referenceRates.isConfigured) {
      await asks.end(name);
      return { base, outcome: 'not_configured' };
    }
    const known = await freshRates(ctx);
    const isRead = await asks.isWanted(name);
    const leftMs = known || !isRead ? 0 : await looks.leftMs(source);
    if (leftMs > 0) {
      await looks.note(name, leftMs);
      await asks.end(name);
      return { base, outcome: 'looked' };
    }
    const euro = known ?? euroRow(await latest(ctx, name, isRead, signal), ctx.now());
    const rates = crossRates(euro.rates, base);
    if (!rates) await cache.markUnknown(name);
    const rows = rates && base !== 'EUR' ? [euro, { ...euro, base, rates }] : [euro];
    const isNew = await store(ctx, rows);
    for (const row of rows) await cache.write(forexName(row.base), forexCopy(row));
    await asks.end(name);
    return { base, outcome: rates ? (isNew ? 'stored' : 'unchanged') : 'unknown_symbol' };
  },
  async ({ base }, _reason, { market: { asks } }: JobContext) => asks.end(forexName(base)),
);

/** Asks the bank. Its failure is one for every base; where a reader has caused it, there is no other try. */
async function latest(ctx: JobContext, name: string, isRead: boolean, signal: AbortSignal): Promise<Publication> {
  const {
    em,
    market: { freshMs, looks, referenceRates },
  } = ctx;
  const forMs = async () => ((await newestRates(em, 'EUR')) ? freshMs.forex : lookMs);
  const ask = () => referenceRates.latest(signal);
  if (!isRead) return ask();
  return lookOnce(ctx, { name: source, signal, forMs }, ask).catch(async (error: unknown) => {
    await looks.note(name, await looks.leftMs(source));
    throw error;
  });
}

/** The euro's rates as stored, while they are fresh. */
async function freshRates({ em, market: { freshMs }, now }: JobContext): Promise<ForexRow | undefined> {
  const row = await newestRates(em, 'EUR', source);
  return row && now().getTime() - row.observedAt.getTime() < freshMs.forex ? row : undefined;
}

function euroRow({ day, rates }: Publication, observedAt: Date): ForexRow {
  return { base: 'EUR', rates, asOf: publishedAt(day), observedAt, source };
}

/** Stores the rows and announces those of a new day; a second run finds them all, and announces nothing. */
function store({ transaction }: JobContext, rows: readonly ForexRow[]): Promise<boolean> {
  return transaction(async (tx, after) => {
    let isNew = false;
    for (const row of rows) {
      if (!(await storeRates(tx, row, `${source}-${row.asOf.toISOString().slice(0, 10)}`))) continue;
      isNew = true;
      after.publish(forexUpdated, row.base, { base: row.base, ...forexKeys(row) });
    }
    return isNew;
  });
}
