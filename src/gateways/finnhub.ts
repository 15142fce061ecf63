import { z } from 'zod';
import { GiveUp, RateLimited } from '../errors.ts';
import type { Budget, Remaining } from './budget.ts';
import { fetchJson, type JsonAnswer, UpstreamFault } from './fetch-json.ts';

/** A quote in the provider's own keys; prices in the security's currency, `t` in UNIX seconds. */
export type FinnhubQuote = z.output<typeof Quote>;

/** Finnhub, within the plan. Every call may throw RateLimited, UpstreamFault (try again) or GiveUp (don't). */
export type Finnhub = Readonly<{
  /** The quote, or undefined when the answer is all zeros, which may or may not mean that the symbol is unknown. */
  quote(symbol: string, signal: AbortSignal): Promise<FinnhubQuote | undefined>;
  /** Whether a search finds exactly this symbol. */
  isListed(symbol: string, signal: AbortSignal): Promise<boolean>;
}>;

/** Where Finnhub is and with which key; without one, every call gives up. */
export type FinnhubOptions = Readonly<{ baseUrl: string; key: string | undefined; windowMs: number; budget: Budget }>;

const Quote = z.object({
  c: z.number().nonnegative(),
  // Older records lack the changes.
  d: z
    .number()
    .nullish()
    .transform((value) => value ?? null),
  dp: z
    .number()
    .nullish()
    .transform((value) => value ?? null),
  h: z.number().nonnegative(),
  l: z.number().nonnegative(),
  o: z.number().nonnegative(),
  pc: z.number().nonnegative(),
  t: z.int().nonnegative(),
});
const Search = z.object({ result: z.array(z.object({ symbol: z.string() })) });

const mostRestMs = 60_000;

/** Opens Finnhub's REST interface; the key travels in a header, never in a URL. */
export function openFinnhub({ baseUrl, key, windowMs, budget }: FinnhubOptions): Finnhub {
  const get = async <T extends z.ZodType>(
    schema: T,
    path: string,
    query: Record<string, string>,
    signal: AbortSignal,
  ) => {
    if (key === undefined) throw new GiveUp('FINNHUB_API_KEY is not set');
    const url = new URL(`${baseUrl}${path}?${new URLSearchParams(query).toString()}`);
    const answer = await callOnce(budget, () =>
      fetchJson(`Finnhub ${path}`, url, { headers: { 'X-Finnhub-Token': key }, signal }),
    );
    return read(schema, path, answer, windowMs);
  };
  return {
    async quote(symbol, signal) {
      const quote = await get(Quote, '/quote', { symbol }, signal);
      return quote.c === 0 ? undefined : quote;
    },
    async isListed(symbol, signal) {
      const { result } = await get(Search, '/search', { q: symbol }, signal);
      return result.some((hit) => hit.symbol.toUpperCase() === symbol);
    },
  };
}

async function callOnce(budget: Budget, call: () => Promise<JsonAnswer>): Promise<JsonAnswer> {
  const grant = await budget.take();
  if (!(await budget.isGood(grant))) throw new RateLimited(1);
  try {
    const answer = await call();
    await settleQuietly(budget, grant, remaining(answer.headers) ?? 'unlabelled');
    return answer;
  } catch (error) {
    // An error page of a proxy in between names no remaining calls, and nothing follows from that.
    await settleQuietly(budget, grant, (error instanceof UpstreamFault && remaining(error.headers)) || 'silent');
    throw error;
  }
}

// The answer is worth keeping also when Redis is away: the grant stands in the log with the moment it was given.
async function settleQuietly(budget: Budget, ...said: Parameters<Budget['settle']>): Promise<void> {
  await budget.settle(...said).catch(() => {});
}

function remaining(headers: Headers | undefined): Remaining | undefined {
  const limit = Number(headers?.get('x-ratelimit-limit') ?? Number.NaN);
  const left = Number(headers?.get('x-ratelimit-remaining') ?? Number.NaN);
  return Number.isInteger(limit) && Number.isInteger(left) && left >= 0 && left <= limit
    ? { limit, remaining: left }
    : undefined;
}

function read<T extends z.ZodType>(schema: T, path: string, answer: JsonAnswer, windowMs: number): z.output<T> {
  const { status, body, headers } = answer;
  if (status === 429) throw new RateLimited(restMs(headers, windowMs));
  if (status === 401) throw new GiveUp('Finnhub refuses the key; check FINNHUB_API_KEY');
  if (status === 403) throw new GiveUp(`Finnhub ${path} is not part of the key's plan`);
  const parsed = schema.safeParse(body);
  if (status !== 200 || !parsed.success)
    throw new UpstreamFault(`Finnhub ${path} answered ${status} with an unknown shape`);
  return parsed.data;
}

// Retry-After in seconds, else the window's end, else a whole window; never less than a tenth of a second or more than a minute.
function restMs(headers: Headers, windowMs: number): number {
  const after = Number(headers.get('retry-after') ?? Number.NaN) * 1_000;
  const reset = Number(headers.get('x-ratelimit-reset') ?? Number.NaN) * 1_000 - Date.now();
  const named = [after, reset].find((ms) => Number.isFinite(ms) && ms > 0) ?? windowMs;
  return Math.ceil(Math.min(Math.max(named, 100), mostRestMs));
}
