import type { z } from 'zod';
import { GiveUp, NotInPlan, RateLimited } from '../../errors.ts';
import type { Lane } from '../../jobs/queues.ts';
import type { Budget, Remaining } from './budget.ts';
import { fetchJson, type JsonAnswer, UpstreamFault } from '../http/fetch-json.ts';
import * as answers from './answers.ts';
import { readLeniently, type TellOdd } from '../http/lenient.ts';
import { noted, type Outage } from '../http/outage.ts';
import { callName, type Plan } from './plan.ts';

/** Finnhub, within the plan. Every call may throw RateLimited, UpstreamFault (try again) or GiveUp (don't). */
export type Finnhub = Readonly<{
  /** The quote, or undefined when the answer is all zeros, which may or may not mean that the symbol is unknown. */
  quote(symbol: string, signal: AbortSignal): Promise<answers.FinnhubQuote | undefined>;
  /** The company, or undefined when there is none, or the record of another one was sent. */
  company(symbol: string, signal: AbortSignal): Promise<answers.FinnhubCompany | undefined>;
  /** The articles from one day to another (`YYYY-MM-DD`), in no order; none for a symbol that is not known, too. */
  news(symbol: string, from: string, to: string, signal: AbortSignal): Promise<readonly answers.FinnhubArticle[]>;
  /** Units of each currency for one of `base`, or undefined when there is no such base. @throws NotInPlan on a free key. */
  forex(base: string, signal: AbortSignal): Promise<Readonly<Record<string, number>> | undefined>;
  /** The symbols that fit the words, best first. */
  search(words: string, signal: AbortSignal): Promise<readonly answers.FinnhubHit[]>;
  /** Whether a search finds exactly this symbol. */
  isListed(symbol: string, signal: AbortSignal): Promise<boolean>;
  /** Whether the exchanges of the US trade shares now. */
  isMarketOpen(signal: AbortSignal): Promise<boolean>;
  /** The days on which they are closed, or open for some hours only. */
  holidays(signal: AbortSignal): Promise<readonly answers.FinnhubHoliday[]>;
}>;

/** Where Finnhub is, with which key (without one, every call gives up), and in which lane calls wait for the budget. */
export type FinnhubOptions = Readonly<{
  baseUrl: string;
  key: string | undefined;
  windowMs: number;
  budget: Budget;
  lane: Lane;
  plan: Plan;
  /** Remembers whether the last call was answered; it holds nobody back. */
  outage: Pick<Outage, 'heard' | 'missed'>;
  /** Told of what is left out of an answer. */
  tell: TellOdd;
}>;

const mostRestMs = 60_000;
const unitedStates = { exchange: 'US' };

/** Opens Finnhub's REST interface; the key travels in a header, never in a URL. */
export function openFinnhub({ baseUrl, key, windowMs, budget, lane, plan, outage, tell }: FinnhubOptions): Finnhub {
  const get = async <T extends z.ZodType>(
    schema: T,
    path: string,
    query: Record<string, string>,
    signal: AbortSignal,
  ) => {
    if (key === undefined) throw new GiveUp('FINNHUB_API_KEY is not set');
    const call = callName(path, query['symbol']);
    if (await plan.isOutside(call)) throw new NotInPlan(`Finnhub ${path} is not part of the key's plan`);
    const mostBytes = answers.mostBytesOf(path);
    const url = new URL(`${baseUrl}${path}?${new URLSearchParams(query).toString()}`);
    const answer = await callOnce(budget, lane, windowMs, () =>
      noted(outage, isSilence, () =>
        fetchJson(`Finnhub ${path}`, url, { headers: { 'X-Finnhub-Token': key }, signal, mostBytes }),
      ),
    );
    const said = read(schema, path, answer, tell);
    if (said !== 'outside') return said.data;
    await plan.remember(call);
    throw new NotInPlan(`Finnhub ${path} is not part of the key's plan`);
  };
  const search = async (words: string, signal: AbortSignal) =>
    (await get(answers.SymbolSearch, '/search', { q: words }, signal)).result;
  return {
    search,
    async quote(symbol, signal) {
      const quote = await get(answers.Quote, '/quote', { symbol }, signal);
      return quote.c === 0 ? undefined : quote;
    },
    async company(symbol, signal) {
      const profile = await get(answers.Profile, '/stock/profile2', { symbol }, signal);
      return profile && isSameTicker(profile.ticker, symbol) ? profile : undefined;
    },
    news: (symbol, from, to, signal) => get(answers.News, '/company-news', { symbol, from, to }, signal),
    async forex(base, signal) {
      const rates = await get(answers.Forex, '/forex/rates', { base }, signal);
      const priced = Object.entries(rates.quote).filter(([currency, rate]) => /^[A-Z]{3}$/.test(currency) && rate > 0);
      return rates.base === base && priced.length > 0 ? Object.fromEntries(priced) : undefined;
    },
    isMarketOpen: async (signal) =>
      (await get(answers.MarketStatus, '/stock/market-status', unitedStates, signal)).isOpen,
    holidays: async (signal) => (await get(answers.Holidays, '/stock/market-holiday', unitedStates, signal)).data,
    async isListed(symbol, signal) {
      return (await search(symbol, signal)).some((hit) => hit.symbol.toUpperCase() === symbol);
    },
  };
}

// A refusal without JSON is an answer as well.
function isSilence(error: unknown): boolean {
  return !(error instanceof UpstreamFault) || error.status !== 429;
}

// Share classes are written with a dot here and a dash there.
function isSameTicker(one: string, other: string): boolean {
  return one.toUpperCase().replaceAll('-', '.') === other.replaceAll('-', '.');
}

/** @throws RateLimited for a refusal in whatever words, once the budget knows of it. */
async function callOnce(
  budget: Budget,
  lane: Lane,
  windowMs: number,
  call: () => Promise<JsonAnswer>,
): Promise<JsonAnswer> {
  const grant = await budget.take(lane);
  if (!(await budget.isGood(grant))) throw new RateLimited(1);
  const refusal = async (headers: Headers | undefined, cause?: unknown) => {
    const waitMs = restMs(headers ?? new Headers(), windowMs);
    // How long to rest is its word; that no call is left, it says of whatever has used them up.
    await hearQuietly(budget, grant, 'unlabelled');
    await budget.rest(waitMs).catch(() => {});
    return new RateLimited(waitMs, { cause });
  };
  try {
    const answer = await call();
    if (answer.status === 429) throw await refusal(answer.headers);
    await hearQuietly(budget, grant, remaining(answer.headers) ?? 'unlabelled');
    return answer;
  } catch (error) {
    if (error instanceof RateLimited) throw error;
    if (error instanceof UpstreamFault && error.status === 429) throw await refusal(error.headers, error);
    // An error page of a proxy in between names no remaining calls, and nothing follows from that.
    await hearQuietly(budget, grant, (error instanceof UpstreamFault && remaining(error.headers)) || 'silent');
    throw error;
  }
}

// The answer is worth keeping also when Redis is away: the grant stands in the log with the moment it was given.
async function hearQuietly(budget: Budget, ...said: Parameters<Budget['hear']>): Promise<void> {
  await budget.hear(...said).catch(() => {});
}

function remaining(headers: Headers | undefined): Remaining | undefined {
  const limit = Number(headers?.get('x-ratelimit-limit') ?? Number.NaN);
  const left = Number(headers?.get('x-ratelimit-remaining') ?? Number.NaN);
  return Number.isInteger(limit) && Number.isInteger(left) && left >= 0 && left <= limit
    ? { limit, remaining: left }
    : undefined;
}

function read<T extends z.ZodType>(schema: T, path: string, { status, body }: JsonAnswer, tell: TellOdd) {
  if (status === 401) throw new GiveUp('Finnhub refuses the key; check FINNHUB_API_KEY');
  if (status === 403) return 'outside';
  const parsed = readLeniently(schema, body, (what, why) => tell(`Finnhub ${path}`, what, why));
  if (status !== 200 || !parsed.success)
    throw new UpstreamFault(`Finnhub ${path} answered ${status} with an unknown shape`);
  return { data: parsed.data };
}

// Retry-After in seconds or as a date, else the window's end, else a whole window; never less than a tenth of a second or
// more than a minute.
function restMs(headers: Headers, windowMs: number): number {
  const retryAfter = headers.get('retry-after') ?? '';
  // Anything else that a program could take for a number or a date is neither.
  const isDate = /^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} [\d:]{8} GMT$/.test(retryAfter);
  const isCount = /^\d+(\.\d+)?$/.test(retryAfter);
  const after = isDate ? Date.parse(retryAfter) - Date.now() : isCount ? Number(retryAfter) * 1_000 : Number.NaN;
  const reset = Number(headers.get('x-ratelimit-reset') ?? Number.NaN) * 1_000 - Date.now();
  const named = [after, reset].find((ms) => Number.isFinite(ms) && ms > 0) ?? windowMs;
  return Math.ceil(Math.min(Math.max(named, 100), mostRestMs));
}
