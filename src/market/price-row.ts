import { priceScale } from '../entities/price-columns.ts';
import type { FinnhubQuote } from '../gateways/finnhub-answers.ts';
import type { QuoteRow } from './quote-copy.ts';
import { rounded } from './rounded.ts';

/** What is known of an observation besides what the provider has said. */
type Observed = Pick<QuoteRow, 'symbol' | 'observedAt' | 'source'>;

/** The row of what the provider has said; none when the price is too small to be told from nothing. */
export function priceRow(quote: FinnhubQuote, { symbol, observedAt, source }: Observed): QuoteRow | undefined {
  const current = rounded(quote.c, priceScale);
  if (current === 0) return undefined;
  return {
    symbol,
    current,
    change: orNull(quote.d),
    changePercent: orNull(quote.dp),
    high: orNull(quote.h),
    low: orNull(quote.l),
    open: orNull(quote.o),
    previousClose: orNull(quote.pc),
    quotedAt: quote.t,
    observedAt,
    source,
  };
}

function orNull(value: number | null): number | null {
  return value === null ? null : rounded(value, priceScale);
}
