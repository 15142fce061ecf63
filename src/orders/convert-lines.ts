import type { EntityManager, InferEntity } from '@mikro-orm/mysql';
import { decimalsOf } from '../money/money.ts';
import type { Product } from '../entities/catalog.entity.ts';
import { Problem } from '../errors.ts';
import { convertMinor, type ExchangeRate, exchangeRate } from '../market/forex.ts';
import { countable } from './takeable.ts';

/** One product of an order at its price, in the order's currency; `fxRate` when that is not the product's own. */
export type PricedLine = Readonly<{
  product: InferEntity<typeof Product>;
  quantity: number;
  unitPriceMinor: number;
  lineTotalMinor: number;
  fxRate: string | null;
}>;

/** What an order keeps of the rates it was converted at: all null when it was not; `fxRate` is null too where there were several. */
export type Conversion = Readonly<{ fxRate: string | null; fxSource: string | null; fxAsOf: Date | null }>;

/** When rates are looked at, and how old they may be. */
export type RateLimits = Readonly<{ at: Date; fxMaxAgeMs: number }>;

const untouched: Conversion = { fxRate: null, fxSource: null, fxAsOf: null };

/**
 * Lines in the currency asked for, by default their own. A line is converted as a whole, `price × quantity`, and rounded
 * once, half to even, on minor units; its unit price is converted by itself, to be shown.
 * @throws Problem currency_required when they have several and none was named; currency_unavailable, fx_rate_unavailable,
 * amount_not_chargeable.
 */
export async function convertLines(
  tx: EntityManager,
  lines: readonly PricedLine[],
  asked: string | undefined,
  limits: RateLimits,
): Promise<Readonly<{ lines: readonly PricedLine[]; currency: string; conversion: Conversion }>> {
  const currencies = [...new Set(lines.map(({ product }) => product.currency))];
  const currency = asked ?? (currencies.length === 1 ? currencies[0] : undefined);
  if (currency === undefined)
    throw new Problem('currency_required', `The products are priced in ${currencies.join(' and ')}.`, {
      errors: [{ pointer: '/currency', detail: 'must be named' }],
    });
  const foreign = currencies.filter((one) => one !== currency);
  if (foreign.length === 0) return { lines, currency, conversion: untouched };
  const rates = new Map<string, ExchangeRate>();
  for (const from of foreign) rates.set(from, await usableRate(tx, from, currency, limits));
  const converted = lines.map((line) => convertLine(line, currency, rates.get(line.product.currency)));
  return { lines: converted, currency, conversion: conversionOf([...rates.values()]) };
}

function convertLine(line: PricedLine, currency: string, found: ExchangeRate | undefined): PricedLine {
  if (!found) return line;
  const decimals = { from: decimalsOf(line.product.currency), to: decimalsOf(currency) };
  const lineTotalMinor = countable(convertMinor(line.lineTotalMinor, found.rate, decimals), currency);
  const unitPriceMinor = convertMinor(line.unitPriceMinor, found.rate, decimals);
  return { ...line, unitPriceMinor, lineTotalMinor, fxRate: found.rate };
}

async function usableRate(tx: EntityManager, from: string, to: string, { at, fxMaxAgeMs }: RateLimits) {
  const found = await exchangeRate(tx, from, to);
  if (found === 'unlisted')
    throw new Problem('currency_unavailable', `No source of rates has one for ${from} in ${to}.`, {
      errors: [{ pointer: '/currency', detail: `cannot be converted to from ${from}` }],
    });
  if (found && at.getTime() - found.asOf.getTime() <= fxMaxAgeMs) return found;
  const why = found ? `The last rate is of ${found.asOf.toISOString()}, which is too old` : 'No rate is stored';
  throw new Problem('fx_rate_unavailable', `${why} for ${from} in ${to}.`, { headers: { 'retry-after': '60' } });
}

/** Where there are several rates, the order counts as converted at the time of the oldest. */
function conversionOf(rates: readonly ExchangeRate[]): Conversion {
  const [oldest, ...others] = rates.toSorted((a, b) => a.asOf.getTime() - b.asOf.getTime());
  if (!oldest) return untouched;
  const { rate, source: fxSource, asOf: fxAsOf } = oldest;
  return { fxRate: others.length === 0 ? rate : null, fxSource, fxAsOf };
}
