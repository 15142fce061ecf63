import type { z } from 'zod';
import { GiveUp, NotInPlan, RateLimited } from '../../errors.ts';
import type { Lane } from '../../jobs/queues.ts';
import type { Budget, Remaining } from './budget.ts';
import { fetchJson, type JsonAnswer, UpstreamFault } from '../http/fetch-json.ts';
import * as answers from './answers.ts';
import { readLeniently, type TellOdd } from '../http/lenient.ts';
import { noted, type Outage } from '../http/outage.ts';
import { calling } from '../../telemetry/calling.ts';
import { callName, type Plan } from './plan.ts';

/** A call of Finnhub's: where, with what, and what is taken of its answer. */
export type ProviderCall<T = unknown> = Readonly<{
  path: string;
  query: Readonly<Record<string, string>>;
  answer: z.ZodType<T>;
  /** The most bytes that the answer can have; some kilobytes unless told otherwise. */
  mostBytes?: number;
}>;

/** Finnhub, within the plan. Every call may throw RateLimited, NotInPlan, UpstreamFault (try again) or GiveUp (don't). */
export type Finnhub = Readonly<{
  /** What the answer of a call says. */
  get<T>(call: ProviderCall<T>, signal: AbortSignal): Promise<T>;
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
  /** Told of every call that is made. */
  onCall: () => void;
  /** Told of what is left out of an answer. */
  tell: TellOdd;
}>;

const mostRestMs = 60_000;
const usualBytes = 64 * 1024;

/** Opens Finnhub's REST interface; the key travels in a header, never in a URL. */
export function openFinnhub(options: FinnhubOptions): Finnhub {
  const { baseUrl, key, plan, outage, tell } = options;
  const get = async <T>(
    { path, query, answer: schema, mostBytes = usualBytes }: ProviderCall<T>,
    signal: AbortSignal,
  ) => {
    if (key === undefined) throw new GiveUp('FINNHUB_API_KEY is not set');
    const call = callName(path, query['symbol']);
    if (await plan.isOutside(call)) throw new NotInPlan(`Finnhub ${path} is not part of the key's plan`);
    const url = new URL(`${baseUrl}${path}?${new URLSearchParams(query).toString()}`);
    const answer = await callOnce(options, () =>
      noted({ outage, isSilence, signal }, () =>
        calling({ gateway: 'finnhub', call: path }, () =>
          fetchJson(`Finnhub ${path}`, url, { headers: { 'X-Finnhub-Token': key }, signal, mostBytes }),
        ),
      ),
    );
    const said = read(schema, path, answer, tell);
    if (said !== 'outside') return said.data;
    await plan.remember(call);
    throw new NotInPlan(`Finnhub ${path} is not part of the key's plan`);
  };
  return {
    get,
    isMarketOpen: async (signal) => (await get(answers.marketStatus, signal)).isOpen,
    holidays: async (signal) => (await get(answers.holidays, signal)).data,
    async isListed(symbol, signal) {
      const { result } = await get(answers.symbolSearch(symbol), signal);
      return result.some((hit) => hit.symbol.toUpperCase() === symbol);
    },
  };
}

// A refusal without JSON is an answer as well.
function isSilence(error: unknown): boolean {
  return !(error instanceof UpstreamFault) || error.status !== 429;
}

/** @throws RateLimited for a refusal in whatever words, once the budget knows of it. */
async function callOnce(
  { budget, lane, windowMs, onCall }: FinnhubOptions,
  call: () => Promise<JsonAnswer>,
): Promise<JsonAnswer> {
  const grant = await budget.take(lane);
  if (!(await budget.isGood(grant))) throw new RateLimited(1);
  onCall();
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

function read<T>(schema: z.ZodType<T>, path: string, { status, body }: JsonAnswer, tell: TellOdd) {
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
