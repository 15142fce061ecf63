import type { JobContext } from '../../context.ts';
import type { Publication } from '../../gateways/feeds/reference-rates.ts';
import { copyOf, freshLeftMs } from '../../market/copy.ts';
import { crossRates, publishedAt } from '../../market/cross-rates.ts';
import { forex } from '../../market/data/forex.market.ts';
import { copyName } from '../../market/market-data.ts';
import { forexObservation, type ForexRow, newestRates, storeRates } from '../../market/forex.ts';
import { lookOnce } from '../../market/look-once.ts';
import { failedForMs } from '../../market/failed-fetches.ts';
import { referenceRates } from '../../market/reference-rates.ts';
import { defineJob } from '../define-job.ts';

const source = 'ecb';
const forexName = (base: string) => copyName(forex, { base });

/**
 * Brings the central bank's rates of the euro up to date, and those of a base that follow from them. Rates fetched within
 * `FOREX_TTL_SECONDS` serve every base, so that the bank is asked about once in that time. By itself it keeps the euro's.
 */
export const fetchReferenceRates = defineJob(
  {
    ...referenceRates,
    copyName: ({ base }) => forexName(base),
  },
  async ({ payload: { base }, signal }, ctx: JobContext) => {
    const {
      market: { asks, cache, failedFetches, referenceRates: bank },
    } = ctx;
    const name = forexName(base);
    if (!bank.isConfigured) {
      await asks.end(name);
      return { base, outcome: 'not_configured' };
    }
    const known = await freshRates(ctx);
    const isRead = await asks.isWanted(name);
    const leftMs = known || !isRead ? 0 : await failedFetches.leftMs(source);
    if (leftMs > 0) {
      await failedFetches.note(name, leftMs);
      await asks.end(name);
      return { base, outcome: 'looked' };
    }
    const euro = known ?? euroRow(await latest(ctx, name, isRead, signal), ctx.now());
    const rates = crossRates(euro.rates, base);
    if (!rates) await cache.markUnknown(name);
    const rows = rates && base !== 'EUR' ? [euro, { ...euro, base, rates }] : [euro];
    const isNew = await store(ctx, rows);
    for (const row of rows) await cache.write(forexName(row.base), copyOf(forexObservation(row)));
    await asks.end(name);
    return { base, outcome: rates ? (isNew ? 'stored' : 'unchanged') : 'unknown_symbol' };
  },
  async ({ base }, _reason, { market: { asks } }: JobContext) => asks.end(forexName(base)),
);

/** Asks the bank. Its failure is one for every base; where a reader has caused it, there is no other try. */
async function latest(ctx: JobContext, name: string, isRead: boolean, signal: AbortSignal): Promise<Publication> {
  const {
    em,
    market: { freshMs, failedFetches, referenceRates: bank },
  } = ctx;
  const forMs = async () => ((await newestRates(em, 'EUR')) ? freshMs(forex) : failedForMs);
  const ask = () => bank.latest(signal);
  if (!isRead) return ask();
  return lookOnce(failedFetches, { name: source, signal, forMs }, ask).catch(async (error: unknown) => {
    await failedFetches.note(name, await failedFetches.leftMs(source));
    throw error;
  });
}

/** The euro's rates as stored, while they are fresh. */
async function freshRates({ em, market: { freshMs }, now }: JobContext): Promise<ForexRow | undefined> {
  const row = await newestRates(em, 'EUR', source);
  return row && freshLeftMs(copyOf(forexObservation(row)), freshMs(forex), now()) > 0 ? row : undefined;
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
      if (forex.event) after.publish(forex.event, row.base, forexObservation(row).facts);
    }
    return isNew;
  });
}
