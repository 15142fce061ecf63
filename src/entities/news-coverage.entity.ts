import { defineEntity, p } from '@mikro-orm/mysql';

/** When a symbol's news of some days were last fetched, so that no news can be told from news not asked for. */
export const NewsCoverage = defineEntity({
  name: 'NewsCoverage',
  tableName: 'news_coverage',
  properties: {
    symbol: p.string().length(32).primary(),
    fromDay: p.string().length(10).primary(),
    toDay: p.string().length(10).primary(),
    observedAt: p.datetime(3),
    source: p.string().length(20),
  },
});
