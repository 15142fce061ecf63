import { listings } from './listings.ts';

/** Searches symbols and descriptions for a substring, exact symbols first, in the provider's shape. */
export function searchSymbols(q: string, exchange: string | null) {
  const wanted = q.trim().toUpperCase();
  const rank = (symbol: string) => (symbol === wanted ? 0 : symbol.startsWith(wanted) ? 1 : 2);
  const found = [...listings.values()]
    .filter(({ symbol, name }) => wanted !== '' && (symbol.includes(wanted) || name.toUpperCase().includes(wanted)))
    .filter(({ type }) => exchange === null || (exchange === 'US') === (type !== 'Crypto'))
    .sort((a, b) => rank(a.symbol) - rank(b.symbol));
  const result = found.map(({ symbol, name, type }) => ({
    description: name,
    displaySymbol: symbol.replace('BINANCE:', ''),
    symbol,
    type,
  }));
  return { count: result.length, result };
}
