import type { EntityManager } from '@mikro-orm/mysql';
import {
  CompanyPeers,
  CryptoData,
  EarningsCalendar,
  ForexRate,
  MarketNews,
  NewsCoverage,
  RecommendationTrends,
  StockQuote,
} from '../../../src/entities/market.entity.ts';
import { EventLog, EventLogEnd, OutboxMessage } from '../../../src/entities/outbox.entity.ts';
import { insertRows } from '../../../src/mysql/rows.ts';
import { idOf, isRare, most, rows, timeOf } from './many-rows.ts';

const series = 100;

/** The symbol whose observations the row of a number is one of: those of shares and of coins are told apart by their names. */
export const symbolOf = (row: number): string => `S${row % series}`;

/** Fills the tables of market data, the log and the outbox with a few thousand rows each, as `fillShop` does those of the shop. */
export async function fillStreams(em: EntityManager, now: Date): Promise<void> {
  const observed = rows.map((row) => {
    return { symbol: symbolOf(row), jobId: idOf(row), observedAt: timeOf(row, now), source: 'finnhub' };
  });
  for (const table of [StockQuote, CryptoData])
    await insertRows(
      em,
      table,
      observed.map((one) => ({ ...one, current: 1, quotedAt: 1 })),
    );
  const lists = [RecommendationTrends, EarningsCalendar, CompanyPeers];
  for (const table of lists)
    await em.insertMany(
      table,
      observed.map((one) => ({ ...one, data: [] })),
    );
  const rates = observed.map(({ symbol: base, jobId: publication, observedAt, source }) => {
    return { base, publication, rates: '{}', asOf: observedAt, observedAt, source };
  });
  await insertRows(em, ForexRate, rates);
  await fillNews(em, now);
  await fillLog(em, now);
  const tables = [StockQuote, CryptoData, ...lists, ForexRate, MarketNews, NewsCoverage, EventLog, OutboxMessage];
  await em.execute(`analyze table ${tables.map(({ meta }) => meta.tableName).join(', ')}`);
}

async function fillNews(em: EntityManager, now: Date): Promise<void> {
  const texts = { category: '-', headline: '-', image: '', related: '-', publisher: '-', summary: '-', url: '-' };
  const articles = rows.map((row) => {
    const publishedAt = Math.floor(timeOf(row, now).getTime() / 1_000);
    return { symbol: symbolOf(row), providerId: row + 1, publishedAt, ...texts, source: 'finnhub' };
  });
  const covered = rows.map((row) => {
    const day = timeOf(row, now).toISOString().slice(0, 10);
    return { symbol: `S${row}`, fromDay: day, toDay: day, observedAt: now, source: 'finnhub' };
  });
  await insertRows(em, MarketNews, articles);
  await insertRows(em, NewsCoverage, covered);
}

// Most subjects have events on two streams: told by both, they are fewer than told by the subject.
function streamOf(row: number): string {
  if (isRare(row)) return 'market';
  return Math.floor(row / series) % 2 === 0 ? 'orders' : 'catalog';
}

/** All of its events have been announced. Of the messages some are left to be taken over. */
async function fillLog(em: EntityManager, now: Date): Promise<void> {
  const entryMs = now.getTime();
  const events = rows.map((row) => ({
    id: idOf(row),
    position: row + 1,
    entryMs,
    stream: streamOf(row),
    type: 'order.updated',
    subject: idOf(row % series),
    // No event that is published now comes so far.
    version: 1_000 + row,
    schema: 1,
    data: '{}',
    at: timeOf(row, now),
  }));
  const messages = rows.map((row) => {
    const leaseUntil = isRare(row) ? timeOf(row, now) : new Date(now.getTime() + 3_600_000);
    return { id: idOf(row), name: 'charge-order', body: '{}', createdAt: now, leaseUntil };
  });
  await insertRows(em, EventLog, events);
  await em.nativeUpdate(EventLogEnd, { id: 1 }, { position: most, entryMs });
  await insertRows(em, OutboxMessage, messages);
}
