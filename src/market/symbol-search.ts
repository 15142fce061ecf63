import { z } from 'zod';
import type { FinnhubHit } from '../gateways/finnhub/answers.ts';
import type { Copy } from './cache.ts';

/** What may be searched for: a symbol or some words of a name. */
export const SearchWords = z
  .string()
  .overwrite((words) => words.trim().replaceAll(/\s+/g, ' '))
  .min(1, 'must name something')
  .max(64);

/** How long a search's answer is fresh, and kept, ms. New listings are rare. */
export const searchFreshMs = 3_600_000;

// The provider's best come first; whoever wants more has words that say more.
const most = 100;

/** The name under which a search is cached and asked for. */
export function searchName(q: string): string {
  return `search-symbols:${q}`;
}

/** The answer body of a search, still open for `stale`. */
export function searchCopy(q: string, hits: readonly FinnhubHit[], observedAt: Date): Copy {
  const data = hits.slice(0, most).map(({ symbol, description, displaySymbol, type }) => ({
    symbol,
    description,
    display_symbol: displaySymbol,
    type,
  }));
  const body = JSON.stringify({ q, count: data.length, data, as_of: observedAt.toISOString(), source: 'finnhub' });
  return { body: body.slice(0, -1), observedAtMs: observedAt.getTime() };
}
