import { randomInt } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { CryptoData, StockQuote } from '../../src/entities/market.entity.ts';
import { observedPrice } from '../support/api/observed-price.ts';
import { makePerson, objects } from '../support/api/personas.ts';
import { openTestApi, type TestApi } from '../support/api/test-api.ts';
import { type Case, casesOf } from './cases.ts';
import { type Operation, operationsOf } from './operations.ts';

// Others each time, and 100 in `npm run chaos`. More, or the same once more: `FUZZ_CASES=1000 FUZZ_SEED=7 npm test -- test/fuzz`.
const numRuns = Number(process.env['FUZZ_CASES'] ?? 25);
const seed = Number(process.env['FUZZ_SEED'] ?? randomInt(2 ** 31));
const Problem = z.object({ code: z.string(), detail: z.string() });
const refusalsOfForm = ['invalid', 'malformed_json', 'unsupported_media_type', 'too_large'];

const api = await openTestApi({
  FINNHUB_API_KEY: 'none',
  FINNHUB_BASE_URL: 'http://127.0.0.1:9',
  RATE_LIMIT_PER_MINUTE: '0',
  RATE_LIMIT_ANONYMOUS_PER_MINUTE: '0',
  RATE_LIMIT_BURST: '0',
});
const operations = operationsOf(await (await api.send('GET', '/openapi.json')).json());
beforeAll(async () => {
  process.stdout.write(`fuzz: seed ${seed}, ${numRuns} cases an operation\n`);
  // Who makes an alert waits for its first price, which nobody here would bring.
  const em = api.ctx.orm.em.fork();
  await em.insertMany(StockQuote, [observedPrice('AAPL', 0), observedPrice('MSFT', 0)]);
  await em.insertMany(CryptoData, [observedPrice('BINANCE:BTCUSDT', 0), observedPrice('BINANCE:ETHUSDT', 0)]);
});
afterAll(() => api.close());

describe.each(operations.map((operation) => [`${operation.method} ${operation.path}`, operation] as const))(
  '%s',
  (_name, operation) => {
    it('answers as described, whatever comes', { timeout: 300_000 + numRuns * 300 }, async () => {
      const owner = await makePerson(api, 'admin');
      const object = objects.find(({ path }) => path.test(operation.path));
      const id = (await object?.make(api, owner)) ?? '';
      const ids = { id, symbol: id, code: id, file: id, name: id };
      let { token } = owner;
      const property = fc.asyncProperty(casesOf(operation, ids), async (some) => {
        const { status, code } = await answerTo(api, operation, some, token);
        // Some operations end the login that they come with.
        if (operation.path.startsWith('/auth/') && operation.method !== 'GET' && status < 300)
          token = (await makePerson(api, 'admin')).token;
        if (some.kind === 'fitting') expect(refusalsOfForm, `${status} ${code?.detail}`).not.toContain(code?.code);
        if (some.kind === 'unfitting') expect(status).toBeGreaterThanOrEqual(400);
      });
      await fc.assert(property, { numRuns, seed });
    });
  },
);

/** Sends it, and compares status, type and body with what the API says of them. */
async function answerTo(on: TestApi, { method, answers }: Operation, some: Case, token: string) {
  const query = new URLSearchParams([...some.query]).toString();
  const answer = await on.send(method, `${some.path}${query && `?${query}`}`, {
    ...(some.body === undefined ? {} : { body: some.body }),
    headers: { ...some.headers, authorization: `Bearer ${token}` },
  });
  const { status } = answer;
  const type = answer.headers.get('content-type')?.split(';')[0];
  const said = answers.get(status);
  expect([...answers.keys()], `status of ${type}`).toContain(status);
  expect(status === 503 || status < 500, `status ${status}`).toBe(true);
  if (type === 'text/event-stream') {
    await answer.body?.cancel();
    return { status, code: undefined };
  }
  const text = await answer.text();
  if (type === undefined) {
    expect([text, said?.size]).toEqual(['', 0]);
    return { status, code: undefined };
  }
  const schema = said?.get(type);
  expect([...(said?.keys() ?? [])]).toContain(type);
  const value: unknown = type.endsWith('json') ? JSON.parse(text) : text;
  const fit = schema?.safeParse(value);
  expect(fit?.error?.issues ?? [], text.slice(0, 500)).toEqual([]);
  return { status, code: type === 'application/problem+json' ? Problem.parse(value) : undefined };
}
