import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Budget } from '../../../src/gateways/finnhub/budget.ts';
import { type Finnhub, openFinnhub } from '../../../src/gateways/finnhub/finnhub.ts';
import { company } from '../../../src/market/data/company.market.ts';
import { earnings } from '../../../src/market/data/earnings.market.ts';
import { forex } from '../../../src/market/data/forex.market.ts';
import { news } from '../../../src/market/data/news.market.ts';
import { peers } from '../../../src/market/data/peers.market.ts';
import { quote } from '../../../src/market/data/quote.market.ts';
import { recommendations } from '../../../src/market/data/recommendations.market.ts';
import { search } from '../../../src/market/data/search.market.ts';
import { listen } from './local-server.ts';
import { patienceMs } from '../processes/process.ts';

/** How the provider answers one request. */
export type Answer = (response: ServerResponse, request: IncomingMessage) => void;

/** A provider that answers as the test says, and a client of it whose budget grants everything. */
export type Provider = Readonly<{
  /** The address of its API. */
  url: string;
  answers(answer: Answer): void;
  /** The last request, if there was one since `answers`. */
  asked(): IncomingMessage | undefined;
  /** What the client has left out of answers since `answers`. */
  odd(): readonly string[];
  client(budget?: Partial<Budget>, key?: string): Client;
  /** Asks for a quote, and notes what the budget was told. */
  ask(answer: Answer, signal?: AbortSignal): Promise<Asked>;
  close(): Promise<void>;
}>;

/** A client with the calls of market data by their names. */
export type Client = ReturnType<typeof named>;

function named(finnhub: Finnhub) {
  return {
    ...finnhub,
    quote: (symbol: string, signal: AbortSignal) => finnhub.get(quote.call({ symbol }), signal),
    company: (symbol: string, signal: AbortSignal) => finnhub.get(company.call({ symbol }), signal),
    news: async (symbol: string, from: string, to: string, signal: AbortSignal) =>
      (await finnhub.get(news.call({ symbol, from, to }), signal)) ?? [],
    forex: (base: string, signal: AbortSignal) => finnhub.get(forex.call({ base }), signal),
    search: async (q: string, signal: AbortSignal) => (await finnhub.get(search.call({ q }), signal))?.result,
    recommendations: (symbol: string, signal: AbortSignal) => finnhub.get(recommendations.call({ symbol }), signal),
    earnings: (symbol: string, signal: AbortSignal) => finnhub.get(earnings.call({ symbol }), signal),
    peers: (symbol: string, signal: AbortSignal) => finnhub.get(peers.call({ symbol }), signal),
  };
}

type Quote = Awaited<ReturnType<Client['quote']>>;
type Asked = Readonly<{ quote: Quote; error: unknown; told: readonly unknown[] }>;

const plan = { 'x-ratelimit-limit': '60', 'x-ratelimit-remaining': '55' };

/** A recorded body. */
export const recorded = (name: string): string => readFileSync(`test/recorded/finnhub/${name}.json`, 'utf8');

/** An answer of JSON with the plan's headers, unless others are given. */
export const says =
  (status: number, body: string | Buffer, headers: Record<string, string> = {}): Answer =>
  (response) =>
    response.writeHead(status, { 'content-type': 'application/json', ...plan, ...headers }).end(body);

/** Opens it; the client's key is `k-secret` and its window half a minute. */
export async function openProvider(): Promise<Provider> {
  let answer: Answer = says(200, '{}');
  let asked: IncomingMessage | undefined;
  let odd: string[] = [];
  const server = await listen((request, response) => {
    asked = request;
    answer(response, request);
  });
  const answers = (next: Answer) => {
    answer = next;
    asked = undefined;
    odd = [];
  };
  const generous: Budget = {
    take: async () => ({ id: 'grant', askedAtMs: performance.now() }),
    isGood: async () => true,
    hear: async () => {},
    rest: async () => {},
  };
  const client = (budget: Partial<Budget> = {}, key?: string) =>
    named(
      openFinnhub({
        baseUrl: `${server.url}/api/v1`,
        key,
        windowMs: 30_000,
        budget: { ...generous, ...budget },
        lane: 'logged_in',
        plan: { isOutside: async () => false, remember: async () => {} },
        outage: { heard: async () => {}, missed: async () => undefined },
        onCall: () => {},
        tell: (_answer, what) => void odd.push(what),
      }),
    );
  return {
    url: `${server.url}/api/v1`,
    answers,
    asked: () => asked,
    odd: () => odd,
    client,
    async ask(next, signal = AbortSignal.timeout(patienceMs)) {
      answers(next);
      const told: unknown[] = [];
      const finnhub = client({ hear: async (_grant, said) => void told.push(said) }, 'k-secret');
      return finnhub.quote('BRK.B', signal).then(
        (made) => ({ quote: made, error: undefined, told }),
        (error: unknown) => ({ quote: undefined, error, told }),
      );
    },
    close: () => server.close(),
  };
}
