import type { EntityManager } from '@mikro-orm/mysql';
import { MarketNews } from '../entities/market-news.entity.ts';
import { NewsCoverage } from '../entities/news-coverage.entity.ts';
import type { FinnhubArticle } from '../gateways/finnhub-answers.ts';
import type { NewsRange } from './news-copy.ts';

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
