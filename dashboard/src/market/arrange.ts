import type { Identity } from '../prices/companies.ts';
import type { MarketState } from '../prices/market-state.ts';
import { shortName } from '../../../src/market/price-words.ts';
import { isCoin, type Quote } from '../prices/quote.ts';

/** A symbol of the list with all that is said of it. */
export type Listed = Readonly<{
  symbol: string;
  identity: Identity | undefined;
  market: MarketState;
  quote: Quote | undefined;
}>;

/** A part of the list under a title. */
export type Group = Readonly<{ title: string; rows: readonly Listed[] }>;

const unknown = 'Not known';
const least = Number.NEGATIVE_INFINITY;
const byWords = (words: (row: Listed) => string) => (a: Listed, b: Listed) => words(a).localeCompare(words(b), 'en');
const byFigure = (figure: (row: Listed) => number | null | undefined) => (a: Listed, b: Listed) =>
  (figure(b) ?? least) - (figure(a) ?? least);

/** What the list can be sorted by: words from A, figures from the largest, ages from the newest. */
export const sorts: Readonly<Record<string, (a: Listed, b: Listed) => number>> = {
  symbol: byWords(({ symbol }) => shortName(symbol)),
  name: byWords(({ identity, symbol }) => identity?.name ?? symbol),
  price: byFigure(({ quote }) => quote?.c),
  today: byFigure(({ quote }) => quote?.dp),
  age: byFigure(({ quote }) => quote && Date.parse(quote.as_of)),
};

/** What it can be grouped by. */
export const groupings: Readonly<Record<string, (row: Listed) => string>> = {
  kind: ({ symbol }) => (isCoin(symbol) ? 'Coins' : 'Shares'),
  exchange: ({ identity }) => identity?.exchange || unknown,
  currency: ({ identity }) => identity?.currency || unknown,
  market: ({ market }) => `Market ${market}`,
};

/** The list in its groups; without a sort in its own order, without a grouping in one group. */
export function arrange(rows: readonly Listed[], sort: string, grouping: string): readonly Group[] {
  const inOrder = sorts[sort] ? rows.toSorted(sorts[sort]) : rows;
  const titleOf = groupings[grouping] ?? (() => '');
  return [...Map.groupBy(inOrder, titleOf)].map(([title, members]) => ({ title, rows: members }));
}
