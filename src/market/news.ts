import type { EntityManager, InferEntity } from '@mikro-orm/mysql';
import { MarketNews, NewsCoverage } from '../entities/market.entity.ts';
import type { Copy } from './cache.ts';
import type { FinnhubArticle } from '../gateways/finnhub/answers.ts';

/** The news of a symbol from one day to another, both included; days are UTC, `YYYY-MM-DD`. */
export type NewsRange = Readonly<{ symbol: string; from: string; to: string }>;

/** An article as it is stored. */
export type NewsRow = InferEntity<typeof MarketNews>;

// More than the provider sends in one answer; a year of many narrow ranges may add up to more than one reader wants.
const most = 5_000;

/** The name under which a range of news is cached and asked for. */
export function newsName({ symbol, from, to }: NewsRange): string {
  return `fetch-news:${symbol}:${from}:${to}`;
}

/** The stored news of a range, newest first, if all of it has been fetched at once before. */
export async function storedNews(em: EntityManager, range: NewsRange): Promise<Copy | undefined> {
  const { symbol, from, to } = range;
  const coverage = await em.findOne(
    NewsCoverage,
    { symbol, fromDay: { $lte: from }, toDay: { $gte: to } },
    { orderBy: { observedAt: 'desc' }, disableIdentityMap: true },
  );
  if (!coverage) return undefined;
  const rows = await em.find(
    MarketNews,
    { symbol, publishedAt: { $gte: secondsAt(from), $lt: secondsAt(to) + 86_400 } },
    { orderBy: { publishedAt: 'desc', providerId: 'desc' }, limit: most, disableIdentityMap: true },
  );
  const as_of = coverage.observedAt.toISOString();
  const body = JSON.stringify({ ...range, data: rows.map(newsKeys), as_of, source: coverage.source });
  return { body: body.slice(0, -1), observedAtMs: coverage.observedAt.getTime() };
}

/** An article in the provider's keys. */
export function newsKeys(row: NewsRow) {
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

/** UNIX seconds of a day's beginning. */
function secondsAt(day: string): number {
  return Date.parse(day) / 1_000;
}

const batch = 500;

/** Stores the articles that are not stored yet, notes the range as fetched, and returns the new ones, newest first. */
export async function storeNews(
  tx: EntityManager,
  { symbol, from, to }: NewsRange,
  articles: readonly FinnhubArticle[],
  { observedAt, source }: Readonly<{ observedAt: Date; source: string }>,
): Promise<readonly FinnhubArticle[]> {
  const unique = [...new Map(articles.map((article) => [article.id, article])).values()];
  const known = await knownIds(tx, symbol, unique);
  const fresh = unique.filter(({ id }) => !known.has(id)).sort((a, b) => b.datetime - a.datetime || b.id - a.id);
  for (let start = 0; start < fresh.length; start += batch) {
    const rows = fresh.slice(start, start + batch).map(({ id, datetime, source: publisher, ...texts }) => ({
      ...texts,
      symbol,
      providerId: id,
      publishedAt: datetime,
      publisher,
      source,
    }));
    // A fetch of an overlapping range may have stored some in the meantime; an article is the same from either.
    await tx.upsertMany(MarketNews, rows, { onConflictAction: 'ignore' });
  }
  await tx.upsert(NewsCoverage, { symbol, fromDay: from, toDay: to, observedAt, source });
  return fresh;
}

async function knownIds(
  tx: EntityManager,
  symbol: string,
  articles: readonly FinnhubArticle[],
): Promise<ReadonlySet<number>> {
  const ids = articles.map(({ id }) => id);
  const rows = await tx.find(
    MarketNews,
    { symbol, providerId: { $in: ids } },
    { fields: ['symbol', 'providerId'], disableIdentityMap: true },
  );
  return new Set(rows.map(({ providerId }) => providerId));
}
