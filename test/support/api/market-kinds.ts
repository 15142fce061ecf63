import type { EntityManager } from '@mikro-orm/mysql';
import { type Copy, copyOf, type Observation } from '../../../src/market/copy.ts';
import { company } from '../../../src/market/data/company.market.ts';
import { crypto } from '../../../src/market/data/crypto.market.ts';
import { forex } from '../../../src/market/data/forex.market.ts';
import { news } from '../../../src/market/data/news.market.ts';
import { priceOf, quote } from '../../../src/market/data/quote.market.ts';
import { search } from '../../../src/market/data/search.market.ts';
import { copyName } from '../../../src/market/market-data.ts';

/** The jobs of market data. */
export const [fetchQuote, fetchCrypto, fetchCompany] = [quote.job, crypto.job, company.job];
/** More of them. */
export const [fetchNews, fetchForex, searchSymbols] = [news.job, forex.job, search.job];

/** The names of copies. */
export const quoteName = (symbol: string) => copyName(quote, { symbol });
export const companyName = (symbol: string) => copyName(company, { symbol });
export const forexName = (base: string) => copyName(forex, { base });
export const searchName = (q: string) => copyName(search, { q });
export const newsName = (range: Readonly<{ symbol: string; from: string; to: string }>) => copyName(news, range);

/** What MySQL holds, as it is answered. */
export const storedQuote = async (em: EntityManager, symbol: string) =>
  copied(await priceOf(symbol).store.last(em, { symbol }, new Date()));
export const storedCompany = async (em: EntityManager, symbol: string) =>
  copied(await company.store.last(em, { symbol }, new Date()));
export const storedForex = async (em: EntityManager, base: string) =>
  copied(await forex.store.last(em, { base }, new Date()));
export const storedNews = async (em: EntityManager, range: Parameters<typeof newsName>[0]) =>
  copied(await news.store.last(em, range, new Date()));

function copied(observation: Observation | undefined): Copy | undefined {
  return observation && copyOf(observation);
}
