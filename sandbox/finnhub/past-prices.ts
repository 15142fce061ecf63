import { z } from 'zod';
import type { Market, Quote } from './market.ts';

const most = 10_000;
const Moment = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));

/** What of the past is asked for: the prices of a symbol from a moment up to another, one every so many seconds. */
export const PastRequest = z
  .strictObject({
    symbol: z.string().min(1),
    from: Moment,
    to: Moment,
    every: z.coerce.number().int().min(1).max(86_400),
  })
  .refine(({ from, to, every }) => from <= to && (to - from) / 1_000 / every <= most, {
    path: ['every'],
    message: `at most ${most} prices, and none before the first`,
  });

/** The quotes as they would have been answered then, oldest first, each once; none of a symbol that nobody lists. */
export function pastPrices(market: Market, { symbol, from, to, every }: z.output<typeof PastRequest>): Quote[] {
  const quotes: Quote[] = [];
  for (let atMs = from; atMs <= to; atMs += every * 1_000) {
    const quote = market(symbol, atMs);
    // While its exchange is closed, a share's last quote stays.
    if (quote.t > (quotes.at(-1)?.t ?? 0)) quotes.push(quote);
  }
  return quotes;
}
