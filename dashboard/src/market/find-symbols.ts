import { askQuickly } from '../api/ask-api.ts';
import { Refused } from '../api/refused.ts';

/** A symbol that fits some words. */
export type FoundSymbol = Readonly<{ symbol: string; description: string; type: string }>;

// The API waits three seconds for what nobody has looked for yet, and then says that it is still being fetched.
const patienceMs = 6_000;
const mostTries = 5;

/** The symbols that fit some words, best first. @throws Refused when the provider has not answered in time. */
export async function findSymbols(words: string): Promise<readonly FoundSymbol[]> {
  const path = `/market/search?q=${encodeURIComponent(words.slice(0, 64))}`;
  for (let tries = 0; tries < mostTries; tries += 1) {
    const { data } = await askQuickly<Readonly<{ data?: readonly FoundSymbol[] }>>(path, patienceMs);
    if (data) return data;
  }
  throw new Refused(202, 'The symbols are still being fetched; try again in a moment.');
}
