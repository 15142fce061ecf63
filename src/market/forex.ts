import { isDeepStrictEqual } from 'node:util';
import type { EntityManager, InferEntity } from '@mikro-orm/mysql';
import { ForexRate } from '../entities/market.entity.ts';
import { presentOf } from '../mysql/present.ts';
import { latestBelieved, type Observation } from './copy.ts';
import { type Rates, crossRates, roundHalfEven, wholeOf } from './cross-rates.ts';

/** The rates of a base at one moment. */
export type ForexRow = Omit<InferEntity<typeof ForexRate>, 'id' | 'publication'>;

/** The rates as JSON numbers; each has few enough digits to stay what its text says. */
export function forexKeys({ rates, asOf, source }: ForexRow) {
  return { quote: numbersOf(rates), as_of: asOf.toISOString(), source };
}

/** The rates as they are answered. They are as old as their last fetch, not as the moment for which they hold. */
export function forexObservation(row: ForexRow): Observation {
  return { facts: { base: row.base, ...forexKeys(row) }, observedAt: row.observedAt };
}

/** The last rates of a base that MySQL holds, from one source or from any. */
export async function newestRates(em: EntityManager, base: string, source?: string): Promise<ForexRow | undefined> {
  return newestBy(em, latestBelieved(await presentOf(em)), { base, ...(source ? { source } : {}) });
}

/**
 * The last of them by then. Whoever stored rates of a moment yet to come had a clock that was ahead: they are the last word only where
 * there are no others, and of those what was stored last is.
 */
async function newestBy(
  em: EntityManager,
  byMs: number,
  of: Readonly<{ base: string; source?: string }>,
): Promise<ForexRow | undefined> {
  const fresh = { disableIdentityMap: true };
  const by = { ...of, asOf: { $lte: new Date(byMs) } };
  const row =
    (await em.findOne(ForexRate, by, { ...fresh, orderBy: { asOf: 'desc' } })) ??
    (await em.findOne(ForexRate, of, { ...fresh, orderBy: { id: 'desc' } }));
  if (!row) return undefined;
  const { base, rates, asOf, observedAt, source } = row;
  return { base, rates, asOf, observedAt, source };
}

function numbersOf(rates: Rates): Record<string, number> {
  return Object.fromEntries(Object.entries(rates).map(([currency, rate]) => [currency, Number(rate)]));
}

/**
 * Stores the rates of a base, one row a publication, and answers whether there is something to tell: a new publication, or one
 * that came incomplete or wrong before. Whoever keeps a table of what events say would keep the wrong one otherwise. One that is
 * known as it is, is only noted as seen again.
 */
export async function storeRates(tx: EntityManager, row: ForexRow, publication: string): Promise<boolean> {
  const { base, observedAt, ...rest } = row;
  const of = { base, publication };
  const known = await tx.findOne(ForexRate, of, { disableIdentityMap: true });
  if (!known) {
    // Two fetches at once may both find it new: it is one row all the same, and the event tells nothing false twice.
    await tx.upsert(ForexRate, { ...row, publication }, { onConflictFields: ['base', 'publication'] });
    return true;
  }
  const present = await presentOf(tx);
  // What was read before it has been corrected does not undo that; what bears a moment yet to come is no later than anything.
  if (known.observedAt > observedAt && known.observedAt <= present) return false;
  const isSame = isDeepStrictEqual(known.rates, row.rates);
  const seen = { ...of, $or: [{ observedAt: { $lte: observedAt } }, { observedAt: { $gt: present } }] };
  await tx.nativeUpdate(ForexRate, seen, isSame ? { observedAt } : { ...rest, observedAt });
  return !isSame;
}

/** What one unit of a currency costs in another, as decimal text, from whom, and for when. */
export type ExchangeRate = Readonly<{ rate: string; source: string; asOf: Date }>;

/**
 * The newest stored rate from one currency to another: that of the currency itself, or, when it is newer, what follows
 * from the central bank's rates of the euro. Undefined: not all have been fetched yet; `unlisted`: those that have been do
 * not hold it, and waiting would not help.
 */
export async function exchangeRate(
  em: EntityManager,
  from: string,
  to: string,
): Promise<ExchangeRate | 'unlisted' | undefined> {
  const byMs = latestBelieved(await presentOf(em));
  const [own, euro] = [await newestBy(em, byMs, { base: from }), await newestBy(em, byMs, { base: 'EUR' })];
  const atMs = ({ asOf }: Readonly<{ asOf: Date }>) => (asOf.getTime() > byMs ? 0 : asOf.getTime());
  const [newest] = [pick(own, own?.rates[to]), pick(euro, euro && crossRates(euro.rates, from)?.[to])]
    .filter((found) => found !== undefined)
    // Of one publication what was seen last: it may have been corrected since the other was computed from it.
    .toSorted((a, b) => atMs(b) - atMs(a) || b.observedAt.getTime() - a.observedAt.getTime());
  return newest ?? (euro ? 'unlisted' : undefined);
}

function pick(row: ForexRow | undefined, rate: string | undefined) {
  if (!row || rate === undefined) return undefined;
  const { source, asOf, observedAt } = row;
  return { rate, source, asOf, observedAt };
}

/**
 * Minor units of one currency in minor units of another, rounded once, half to even, in whole numbers throughout.
 * `decimals` are those of the two currencies.
 */
export function convertMinor(minor: number, rate: string, decimals: Readonly<{ from: number; to: number }>): number {
  const [whole, scale] = wholeOf(rate);
  const dividend = BigInt(minor) * whole * 10n ** BigInt(decimals.to);
  return Number(roundHalfEven(dividend, 10n ** BigInt(scale + decimals.from)));
}
