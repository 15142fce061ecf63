import type { EntityManager, InferEntity } from '@mikro-orm/mysql';
import { ForexRate } from '../entities/forex-rate.entity.ts';
import type { Copy } from './cache.ts';
import type { Rates } from './cross-rates.ts';

/** The rates of a base at one moment. */
export type ForexRow = Omit<InferEntity<typeof ForexRate>, 'id' | 'publication'>;

/** The name under which the rates of a base are cached and asked for. */
export function forexName(base: string): string {
  return `fetch-forex:${base}`;
}

/** The rates as JSON numbers; each has few enough digits to stay what its text says. */
export function forexKeys({ rates, asOf, source }: ForexRow) {
  return { quote: numbersOf(rates), as_of: asOf.toISOString(), source };
}

/** The answer body of stored rates, still open for `stale`. It is as old as their last fetch, not as the rates. */
export function forexCopy(row: ForexRow): Copy {
  const body = JSON.stringify({ base: row.base, ...forexKeys(row) });
  return { body: body.slice(0, -1), observedAtMs: row.observedAt.getTime() };
}

/** The last rates of a base that MySQL holds, from one source or from any. */
export async function newestRates(em: EntityManager, base: string, source?: string): Promise<ForexRow | undefined> {
  const of = { base, ...(source ? { source } : {}) };
  const row = await em.findOne(ForexRate, of, { orderBy: { asOf: 'desc' }, disableIdentityMap: true });
  if (!row) return undefined;
  const { rates, asOf, observedAt } = row;
  return { base, rates, asOf, observedAt, source: row.source };
}

/** The last rates of a base, as an answer. */
export async function storedForex(em: EntityManager, base: string): Promise<Copy | undefined> {
  const row = await newestRates(em, base);
  return row && forexCopy(row);
}

function numbersOf(rates: Rates): Record<string, number> {
  return Object.fromEntries(Object.entries(rates).map(([currency, rate]) => [currency, Number(rate)]));
}
