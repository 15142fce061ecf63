import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { GiveUp, NotInPlan, RateLimited } from '../../src/errors.ts';
import { UpstreamFault } from '../../src/gateways/http/fetch-json.ts';
import { type Client, openProvider, type Provider, recorded, says } from '../support/upstreams/finnhub-provider.ts';

let provider: Provider;
beforeAll(async () => {
  provider = await openProvider();
});
afterAll(() => provider.close());

type Call = (finnhub: Client, signal: AbortSignal) => Promise<unknown>;

/** What the client makes of a body, or of an answer that is none. */
async function taken(call: Call, body: string, status = 200, type = 'application/json'): Promise<unknown> {
  provider.answers(says(status, body, { 'content-type': type }));
  return call(provider.client({}, 'k'), AbortSignal.timeout(5_000)).catch((error: unknown) => error);
}

const quote =
  (symbol: string): Call =>
  (finnhub, signal) =>
    finnhub.quote(symbol, signal);
const company =
  (symbol: string): Call =>
  (finnhub, signal) =>
    finnhub.company(symbol, signal);
const news: Call = (finnhub, signal) => finnhub.news('AAPL', '2026-05-16', '2026-05-22', signal);
const search: Call = (finnhub, signal) => finnhub.search('apple', signal);
const forex =
  (base: string): Call =>
  (finnhub, signal) =>
    finnhub.forex(base, signal);
const nothing = undefined;

describe('recorded bodies', () => {
  const table: readonly (readonly [string, Call, unknown])[] = [
    [
      'profile2-AAPL',
      company('AAPL'),
      expect.objectContaining({ ticker: 'AAPL', estimateCurrency: 'USD', ipo: '1980-12-12' }),
    ],
    ['profile2-AAPL-2025', company('AAPL'), expect.objectContaining({ marketCapitalization: 3_154_147.73 })],
    ['profile2-unknown', company('ZZZ'), nothing],
    ['profile2-SGOV-wrong-ticker', company('SGOV'), nothing],
    [
      'profile2-SGOV-wrong-ticker',
      company('IBHJ'),
      expect.objectContaining({ currency: null, logo: null, marketCapitalization: null, finnhubIndustry: null }),
    ],
    ['company-news-AAPL', news, expect.arrayContaining([expect.objectContaining({ id: 140_399_323, image: '' })])],
    ['company-news-unknown', news, []],
    ['search-apple', search, expect.arrayContaining([expect.objectContaining({ symbol: '603020.SS' })])],
    ['search-apple-US', search, expect.arrayContaining([expect.objectContaining({ symbol: 'AAPL' })])],
    ['forex-rates-USD-sample', forex('USD'), expect.objectContaining({ EUR: 0.91, USD: 1 })],
    ['forex-rates-EUR-derived', forex('EUR'), expect.objectContaining({ USD: 1.1684, IDR: 20_082.05 })],
    ['forex-rates-EUR-derived', forex('USD'), nothing],
    ['quote-AAPL', quote('AAPL'), expect.objectContaining({ c: 308.82 })],
    ['quote-unknown', quote('ZZZ'), nothing],
  ];

  it.each(table.map(([name, call, expected]) => ({ name, call, expected })))(
    '$name is accepted or refused as it should be',
    async ({ name, call, expected }) => {
      expect(await taken(call, recorded(name))).toEqual(expected);
    },
  );

  const Collected = z.array(
    z.object({ symbol: z.string(), kind: z.string(), body: z.record(z.string(), z.number().nullable()) }),
  );
  const collected = Collected.parse(JSON.parse(recorded('quotes-collected')));
  it.each(collected)(
    'a quote of $symbol, $kind: a price when there is one, nothing when all is zero',
    async ({ symbol, body }) => {
      const made = await taken(quote(symbol), JSON.stringify(body));
      expect(made).toEqual(body['c'] === 0 ? nothing : { d: null, dp: null, ...body });
    },
  );

  const Refusals = z.array(
    z.object({ status: z.int(), contentType: z.string().nullable(), body: z.unknown(), when: z.string() }),
  );
  const kindOf = (status: number) => ({ 401: GiveUp, 403: NotInPlan, 429: RateLimited })[status] ?? UpstreamFault;
  const refusals = Refusals.parse(JSON.parse(recorded('errors-catalog')));
  it.each(refusals)('$status, $when, is never data', async ({ status, contentType, body }) => {
    const text = typeof body === 'string' ? body : body === null ? '<html></html>' : JSON.stringify(body);
    for (const call of [quote('AAPL'), company('AAPL'), news, search, forex('USD')]) {
      const made = await taken(call, text, status, contentType ?? 'text/html');
      expect(made).toBeInstanceOf(Error);
      // A limit is one in whatever words; a refusal in others than the provider's may be a proxy's.
      const isOurs = status === 429 || (typeof body === 'object' && body !== null);
      expect(made).toBeInstanceOf(isOurs ? kindOf(status) : UpstreamFault);
    }
  });
});

describe('bodies that no provider should send', () => {
  const rates = (quoted: unknown) => JSON.stringify({ base: 'USD', quote: quoted });
  it.each<[string, Call, string, unknown]>([
    ['a rate of zero', forex('USD'), rates({ EUR: 0, GBP: 0.7 }), { GBP: 0.7 }],
    ['nothing but zeros', forex('USD'), rates({ EUR: 0 }), nothing],
    ['no rates', forex('USD'), rates({}), nothing],
    ['a missing rate', forex('USD'), rates({ EUR: null }), expect.any(UpstreamFault)],
    ['a negative rate', forex('USD'), rates({ EUR: -1 }), expect.any(UpstreamFault)],
    ['rates of another base', forex('EUR'), rates({ EUR: 1 }), nothing],
    ['no article with an id', news, '[{"headline":"H","datetime":1}]', expect.any(UpstreamFault)],
    ['an error for news', news, '{"error":"none"}', expect.any(UpstreamFault)],
    ['an error for a profile', company('A'), '{"error":"none"}', expect.any(UpstreamFault)],
    [
      'a share class with a dash',
      company('BRK.B'),
      '{"ticker":"BRK-B","name":"B"}',
      expect.objectContaining({ name: 'B' }),
    ],
  ])('%s', async (_name, call, body, expected) => {
    expect(await taken(call, body)).toEqual(expected);
  });
});

// The whole collection from which the recorded bodies were chosen, where it is at hand.
const collection = new URL('../../../shared/data/finnhub/', import.meta.url);
const endpoints: Readonly<Record<string, (file: string) => Call>> = {
  profile2: (file) => company(file.split('-')[0] ?? ''),
  'company-news': () => news,
  'market-news': () => news,
  search: () => search,
  'forex-rates': (file) => forex(file.slice(0, 3)),
  quote: () => quote('AAPL'),
};
if (!existsSync(collection)) process.stdout.write('the whole collection of recorded bodies: not run\n');

describe.runIf(existsSync(collection))('the whole collection', () => {
  it.each(Object.entries(endpoints))('%s holds no body that is taken for a fault', async (folder, callOf) => {
    const files = readdirSync(new URL(`${folder}/`, collection)).filter((file) => !file.startsWith('collected'));
    expect(files.length).toBeGreaterThan(0);
    for (const file of files) {
      const made = await taken(callOf(file), readFileSync(new URL(`${folder}/${file}`, collection), 'utf8'));
      expect(made, file).not.toBeInstanceOf(Error);
      expect(made === undefined, file).toBe(/unknown|wrong/.test(file) && folder !== 'company-news');
    }
  });
});
