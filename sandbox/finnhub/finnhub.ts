import { setTimeout as delay } from 'node:timers/promises';
import { type Answer, type Answerer, json, type Question, text } from '../answer.ts';
import type { Clock } from '../clock.ts';
import type { Faults } from '../faults.ts';
import { ratesAgainst } from '../feeds/reference-rates.ts';
import { limited, underWeather } from '../weather.ts';
import { type CallPlan, createCallLimits } from './call-limits.ts';
import { companyList } from './company-lists.ts';
import { companyNews } from './company-news.ts';
import { companyProfile } from './company-profile.ts';
import type { Hours } from './hours.ts';
import { type Market, zeros } from './market.ts';
import { searchSymbols } from './symbol-search.ts';
import { marketHolidays } from './trading-calendar.ts';

const noAccess = json(403, { error: "You don't have access to this resource." });
const premiumOnly =
  /^\/(stock\/(candle|profile|bidask|dividend|split|tick)|(forex|crypto)\/candle|crypto\/profile|news-sentiment)$/;
const dayPattern = /^\d{4}-\d\d-\d\d$/;

/** What the provider has to tell, and the faults under which it does. */
export interface FinnhubParts {
  readonly market: Market;
  readonly hours: Hours;
  readonly faults: Faults;
  readonly clock: Clock;
  readonly seed: number;
}

/** The market-data provider: key, limits and their headers, then what the key may see, under the faults that are on. */
export function createFinnhub(plan: CallPlan, parts: FinnhubParts): Answerer {
  const { faults } = parts;
  const count = createCallLimits(plan);
  return async (question) => {
    const key = question.apiKey;
    if (key === null) return json(401, { error: 'Please use an API key.' });
    if (key.startsWith('invalid')) return json(401, { error: 'Invalid API key.' });
    const { isAllowed, remaining, resetSeconds } = count(key, question.atMs);
    const headers = (left: number) => ({
      'x-ratelimit-limit': String(plan.perMinute),
      'x-ratelimit-remaining': String(left),
      'x-ratelimit-reset': String(resetSeconds),
    });
    if (!isAllowed) return withHeaders(limited.finnhub, headers(0));
    const answer = await underWeather(faults, 'finnhub', async () => {
      await delay(latencyMs());
      return answerFor(question, key.includes('premium'), parts);
    });
    return withHeaders(answer, headers(answer.status === 429 ? 0 : remaining));
  };
}

function answerFor(question: Question, isPremium: boolean, { market, hours, faults, clock, seed }: FinnhubParts) {
  const nowMs = clock();
  const { path, query } = question;
  const endpoint = path.replace(/^\/api\/v1/, '');
  if (question.method !== 'GET' || endpoint === path) return text(404, 'text/plain', '404 page not found');
  const symbol = query.get('symbol') ?? '';
  switch (endpoint) {
    case '/quote':
      if (symbol === '') return wrongQuery;
      return json(200, faults.strikes('finnhub', 'zeros') ? zeros : market(symbol, nowMs));
    case '/search':
      return query.get('q') ? json(200, searchSymbols(query.get('q') ?? '', query.get('exchange'))) : wrongQuery;
    case '/stock/profile2':
      return symbol === '' ? wrongQuery : json(200, companyProfile(symbol, market(symbol, nowMs).c));
    case '/company-news': {
      const [from, to] = [query.get('from') ?? '', query.get('to') ?? ''];
      if (symbol === '' || !dayPattern.test(from) || !dayPattern.test(to)) return wrongQuery;
      return json(200, companyNews({ seed, nowMs }, symbol, from, to));
    }
    case '/forex/rates': {
      const base = query.get('base') ?? 'EUR';
      return isPremium ? json(200, { base, quote: ratesAgainst(base, { seed, nowMs }) }) : noAccess;
    }
    case '/stock/market-status':
      return query.get('exchange') === 'US' ? json(200, hours.status(nowMs)) : noAccess;
    case '/stock/market-holiday':
      return query.get('exchange') === 'US' ? json(200, marketHolidays(nowMs)) : noAccess;
    default: {
      if (premiumOnly.test(endpoint) && !isPremium) return noAccess;
      const list = companyList(endpoint, symbol, { seed, nowMs });
      if (list === undefined) return text(404, 'text/plain', '404 page not found');
      return symbol === '' ? wrongQuery : json(200, list);
    }
  }
}

// The real provider's answer to a missing parameter is not on record.
const wrongQuery = json(422, { error: 'Wrong query parameters.' });

function withHeaders(answer: Answer, headers: Readonly<Record<string, string>>): Answer {
  return { ...answer, headers: { ...answer.headers, ...headers } };
}

// Half the answers take about 20 ms, a few up to 80 ms.
function latencyMs(): number {
  return Math.random() < 0.05 ? 40 + 40 * Math.random() : 10 + 20 * Math.random();
}
