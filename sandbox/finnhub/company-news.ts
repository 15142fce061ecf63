import { chance, seedOf } from '../chance.ts';
import { type Listing, listings } from './listings.ts';

const DAY_MS = 86_400_000;
const MOST_DAYS = 366; // A free plan reaches one year back.

const headlines = [
  '{name} extends its range ahead of the season',
  'What analysts ask {name} this week',
  '{name} names a new head of operations',
  'Suppliers of {name} report steady orders',
  '{name} opens a research site',
  'Traders weigh the outlook of {name}',
  '{name} answers questions on pricing',
];

const summaries = [
  'The company gave an update on its plans; the figures were in line with what had been expected.',
  'A look at <b>what changed</b> and what did not, with comments from the industry &amp; its customers.',
  '',
];

/** Which market the news is of, and when it is asked for. */
export type NewsMarket = Readonly<{ seed: number; nowMs: number }>;

/**
 * The articles of a symbol between two days, both included (`YYYY-MM-DD`): newest first but not strictly so, some without
 * image or summary, some with markup, as recorded. The same seed and days give the same articles.
 */
export function companyNews(market: NewsMarket, symbol: string, from: string, to: string): object[] {
  const { nowMs } = market;
  const listing = listings.get(symbol);
  if (listing?.type !== 'Common Stock') return [];
  const seed = market.seed ^ seedOf(symbol);
  const first = Math.max(Math.floor(Date.parse(from) / DAY_MS), Math.floor(nowMs / DAY_MS) - MOST_DAYS);
  const last = Math.min(Math.floor(Date.parse(to) / DAY_MS), Math.floor(nowMs / DAY_MS));
  const articles = [];
  for (let day = last; day >= first; day -= 1) {
    const count = 3 + Math.floor(chance(seed, day) * 6);
    for (let number = count; number > 0; number -= 1) {
      // Up to a slot early or late, so that neighbours can change places.
      const second = Math.floor(((number - 1 + 2 * chance(seed, day, number)) / (count + 1)) * 86_400);
      const datetime = (day * DAY_MS) / 1000 + second;
      if (datetime * 1000 <= nowMs) articles.push(article(listing, seed, day, number, datetime));
    }
  }
  return articles;
}

function article({ symbol, name }: Listing, seed: number, day: number, number: number, datetime: number) {
  const pick = (words: readonly string[], salt: number) =>
    words[Math.floor(chance(seed, day, number, salt) * words.length)] ?? '';
  const id = day * 10_000 + [...listings.keys()].indexOf(symbol) * 10 + number;
  return {
    category: 'company',
    datetime,
    headline: pick(headlines, 1).replace('{name}', name),
    id,
    image: chance(seed, day, number, 2) < 0.1 ? '' : `https://news.example/images/${id}.jpg`,
    related: symbol,
    source: pick(['Example Wire', 'Market Gazette', 'The Ticker'], 3),
    summary: pick(summaries, 4),
    url: `https://news.example/articles/${id}`,
  };
}
