import { defineEntity, p } from '@mikro-orm/mysql';

/** An article about a symbol. The provider lists one article under every symbol it concerns, with the same id. */
export const MarketNews = defineEntity({
  name: 'MarketNews',
  tableName: 'market_news',
  indexes: [{ properties: ['symbol', 'publishedAt'] }],
  properties: {
    symbol: p.string().length(32).primary(),
    providerId: p.bigint('number').primary(),
    /** UNIX seconds, as the provider counts. */
    publishedAt: p.integer().unsigned(),
    category: p.string().length(100),
    headline: p.text(),
    image: p.text(),
    related: p.string().length(255),
    publisher: p.string().length(255),
    summary: p.text(),
    url: p.text(),
    source: p.string().length(20),
  },
});
