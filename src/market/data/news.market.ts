import { type EntityManager, type InferEntity, UniqueConstraintViolationException } from '@mikro-orm/mysql';
import { z } from 'zod';
import { MarketNews, NewsCoverage } from '../../entities/market.entity.ts';
import { Problem } from '../../errors.ts';
import { listBytes, mostText, Seconds, Text, WholeText } from '../../gateways/finnhub/answers.ts';
import { listOf } from '../../gateways/http/lenient.ts';
import { Day } from '../../process/moment.ts';
import type { Facts, Observation } from '../copy.ts';
import { defineMarketData } from '../define-market-data.ts';
import { type MarketStore, oneByOne } from '../market-store.ts';
import { Symbol } from '../symbol.ts';

const dayMs = 86_400_000;
const defaultDays = 7;
const mostDays = 366;
// More than the provider sends in one answer; a year of many narrow ranges may add up to more than one reader wants.
const most = 5_000;
const mostTold = 50;
const batch = 500;
// As often as others can have come first without its being a fault.
const mostTries = 10;

/** An article; `datetime` in UNIX seconds. Texts may hold markup: they are the publisher's. */
const Article = z.object({
  id: z.int().positive(),
  datetime: Seconds.min(1),
  headline: WholeText.min(1).max(mostText),
  category: Text('category', 100),
  image: Text('image'),
  related: Text('related', 255),
  source: Text('source', 255),
  summary: Text('summary'),
  url: Text('url'),
});
const News = listOf('article', Article).transform((articles) => (articles.length === 0 ? undefined : articles));

type ProviderArticle = z.output<typeof Article>;
/** The news of a symbol from one day to another, both included; days are UTC, `YYYY-MM-DD`. */
type NewsRange = Readonly<{ symbol: string; from: string; to: string }>;

const Days = z.object({ from: Day.optional(), to: Day.optional() });
const example = { symbol: 'AAPL', from: '2026-11-16', to: '2026-11-22' };
const observed = { as_of: '2026-11-22T10:00:00.000Z', source: 'finnhub' };
const exampleArticle = {
  category: 'company',
  datetime: 1_795_340_000,
  headline: 'Suppliers of Apple Inc report steady orders',
  id: 140_399_323,
  image: '',
  related: 'AAPL',
  source: 'Example Wire',
  summary: 'The figures were in line with what had been expected.',
  url: 'https://news.example/articles/140399323',
};

/** Articles that MySQL keeps one by one, and which days have been asked for: no news is told from news not asked for. */
const store: MarketStore<NewsRange, readonly ProviderArticle[]> = {
  last: storedNews,
  write: (tx, sayings) =>
    oneByOne(sayings, async ({ ask: range, said: articles, seen: { observedAt, source } }) => {
      const fresh = await storeNew(tx, range.symbol, articles, source);
      await tx.upsert(NewsCoverage, { symbol: range.symbol, fromDay: range.from, toDay: range.to, observedAt, source });
      const seen = (await storedNews(tx, range, observedAt)) ?? observationOf(range, [], { observedAt, source });
      if (fresh.length === 0) return { seen, published: 0 };
      // One event a fetch, of what is new: a second run finds nothing new, and announces nothing.
      const data = fresh.slice(0, mostTold).map(({ id, datetime, headline }) => ({ id, datetime, headline }));
      const told = { ...range, count: fresh.length, data, as_of: observedAt.toISOString(), source };
      return { seen, told, published: fresh.length };
    }),
  // That news were fetched is forgotten first: nobody is told that there were none. Of the limit's own day some are gone.
  pruned: [
    {
      table: NewsCoverage.meta.tableName,
      name: 'symbol',
      moment: 'from_day',
      before: (limit) => dayOf(limit.getTime() + dayMs),
      staysLast: false,
    },
    {
      table: MarketNews.meta.tableName,
      name: 'symbol',
      moment: 'published_at',
      before: (limit) => Math.floor(limit.getTime() / 1_000),
      staysLast: false,
    },
  ],
};

/** A symbol's news of some days. */
export const news = defineMarketData({
  name: 'news',
  what: 'the news of a symbol',
  summary: 'The news of a symbol, newest first.',
  freshSeconds: 'NEWS_TTL_SECONDS',
  // Ranges are many and their copies large; what Redis has dropped is read from MySQL.
  keptSeconds: 900,
  isPatient: true,
  payload: z.object({ symbol: Symbol, from: z.iso.date(), to: z.iso.date() }),
  query: z.object({
    symbol: Symbol.meta({ example: example.symbol }),
    from: Day.optional().meta({ example: example.from }),
    to: Day.optional().meta({ example: example.to }),
  }),
  askOf: ({ symbol, ...days }, now) => ({ symbol: Symbol.parse(symbol), ...rangeOf(Days.parse(days), now) }),
  answer: z.object({
    data: z.array(
      z.object({
        category: z.string(),
        datetime: z.int().describe('UNIX seconds.'),
        headline: z.string(),
        id: z.int(),
        image: z.string(),
        related: z.string(),
        source: z.string(),
        summary: z.string().describe('As the publisher wrote it: it may hold markup, so escape it.'),
        url: z.string(),
      }),
    ),
  }),
  example: { ...example, data: [exampleArticle], ...observed },
  call: (range) => ({ path: '/company-news', query: range, answer: News, mostBytes: listBytes }),
  // No news is what a quiet company and a misspelt symbol have in common.
  silence: { means: [] },
  store,
  event: {
    type: 'news.published',
    schema: 1,
    summary: 'Articles about a symbol have been stored for the first time.',
    data: z.object({
      symbol: z.string(),
      from: z.string(),
      to: z.string(),
      count: z.int().positive(),
      data: z.array(z.object({ id: z.int(), datetime: z.int(), headline: z.string() })).max(mostTold),
      as_of: z.string(),
      source: z.string(),
    }),
    example: {
      subject: example.symbol,
      data: {
        ...example,
        count: 1,
        data: [{ id: exampleArticle.id, datetime: exampleArticle.datetime, headline: exampleArticle.headline }],
        ...observed,
      },
    },
  },
});

/**
 * The stored news of a range, newest first, if all of it has been fetched at once before. What reaches today may have been fetched
 * while yesterday lasted: it is as old as that, and lacks no more than any copy of that age.
 */
async function storedNews(em: EntityManager, range: NewsRange, at: Date): Promise<Observation | undefined> {
  const { symbol, from, to } = range;
  const [today, yesterday] = [dayOf(at.getTime()), dayOf(at.getTime() - dayMs)];
  const sinceYesterday = { toDay: { $gte: yesterday }, observedAt: { $lt: new Date(today) } };
  const coverage = await em.findOne(
    NewsCoverage,
    { symbol, fromDay: { $lte: from }, $or: [{ toDay: { $gte: to } }, ...(to < today ? [] : [sinceYesterday])] },
    { orderBy: { observedAt: 'desc' }, disableIdentityMap: true },
  );
  if (!coverage) return undefined;
  const rows = await em.find(
    MarketNews,
    { symbol, publishedAt: { $gte: secondsAt(from), $lt: secondsAt(to) + 86_400 } },
    { orderBy: { publishedAt: 'desc', providerId: 'desc' }, limit: most, disableIdentityMap: true },
  );
  return observationOf(range, rows.map(newsKeys), coverage);
}

type Seen = Readonly<{ observedAt: Date; source: string }>;

function observationOf(range: NewsRange, data: readonly Facts[], { observedAt, source }: Seen): Observation {
  return { facts: { ...range, data, as_of: observedAt.toISOString(), source }, observedAt };
}

function newsKeys(row: InferEntity<typeof MarketNews>) {
  return {
    category: row.category,
    datetime: row.publishedAt,
    headline: row.headline,
    id: row.providerId,
    image: row.image,
    related: row.related,
    source: row.publisher,
    summary: row.summary,
    url: row.url,
  };
}

/** Stores the articles that are not stored yet, and returns them, newest first. */
async function storeNew(
  tx: EntityManager,
  symbol: string,
  articles: readonly ProviderArticle[],
  source: string,
): Promise<readonly ProviderArticle[]> {
  const unique = [...new Map(articles.map((article) => [article.id, article])).values()];
  const sorted = unique.toSorted((a, b) => b.datetime - a.datetime || b.id - a.id);
  const fresh: ProviderArticle[] = [];
  for (let start = 0; start < sorted.length; start += batch)
    fresh.push(...(await storeBatch(tx, symbol, sorted.slice(start, start + batch), source)));
  return fresh;
}

/** The same in one statement. An article that a fetch of an overlapping range stores in the meantime is announced by that one alone. */
async function storeBatch(
  tx: EntityManager,
  symbol: string,
  articles: readonly ProviderArticle[],
  source: string,
): Promise<readonly ProviderArticle[]> {
  for (let tries = 0; tries < mostTries; tries += 1) {
    const known = await knownIds(tx, symbol, articles);
    const fresh = articles.filter(({ id }) => !known.has(id));
    const rows = fresh.map(({ id, datetime, source: publisher, ...texts }) => ({
      ...texts,
      symbol,
      providerId: id,
      publishedAt: datetime,
      publisher,
      source,
    }));
    try {
      if (rows.length > 0) await tx.insertMany(MarketNews, rows);
      return fresh;
    } catch (error) {
      // Of the statement nothing is stored; by now the other's articles can be seen.
      if (!(error instanceof UniqueConstraintViolationException)) throw error;
    }
  }
  throw new Error(`The same news of ${symbol} are stored by others again and again; another attempt will find them.`);
}

async function knownIds(
  tx: EntityManager,
  symbol: string,
  articles: readonly ProviderArticle[],
): Promise<ReadonlySet<number>> {
  const ids = articles.map(({ id }) => id);
  const rows = await tx.find(
    MarketNews,
    { symbol, providerId: { $in: ids } },
    { fields: ['symbol', 'providerId'], disableIdentityMap: true },
  );
  return new Set(rows.map(({ providerId }) => providerId));
}

/** The days asked for, or their defaults. @throws Problem when they are in the wrong order or too many. */
function rangeOf({ from, to }: z.output<typeof Days>, now: Date) {
  const last = to ?? dayOf(from ? Math.max(now.getTime(), Date.parse(from)) : now.getTime());
  const first = from ?? dayOf(Date.parse(last) - (defaultDays - 1) * dayMs);
  const days = (Date.parse(last) - Date.parse(first)) / dayMs + 1;
  if (days >= 1 && days <= mostDays) return { from: first, to: last };
  const [pointer, detail] =
    days < 1 ? ['to', 'must not be before `from`'] : ['from', `spans more than ${mostDays} days`];
  throw new Problem('invalid', 'These days cannot be asked for; see errors.', { errors: [{ pointer, detail }] });
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

/** UNIX seconds of a day's beginning. */
function secondsAt(day: string): number {
  return Date.parse(day) / 1_000;
}
