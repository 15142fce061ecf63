import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { GiveUp } from '../../../src/errors.ts';
import { UpstreamFault } from '../../../src/gateways/http/fetch-json.ts';
import { fetchMarketHours } from '../../../src/jobs/market/fetch-market-hours.job.ts';
import { fetchReferenceRates } from '../../../src/jobs/market/fetch-reference-rates.job.ts';
import type { FakeAnswers } from '../../support/upstreams/fake-finnhub.ts';
import { type MarketDesk, openMarketDesk, type RunOptions } from '../../support/api/market-jobs.ts';
import {
  companyName,
  fetchCompany,
  fetchCrypto,
  fetchForex,
  fetchNews,
  fetchQuote,
  forexName,
  newsName,
  quoteName,
  searchName,
  searchSymbols,
} from '../../support/api/market-kinds.ts';

let desk: MarketDesk;
beforeAll(async () => {
  desk = await openMarketDesk();
});
afterAll(() => desk.close());

const Outcome = z.object({ outcome: z.string() });
const week = { from: '2026-11-16', to: '2026-11-22' };
const seconds = 1_000;

/** A currency for each subject: there are no others than those of ISO 4217. */
function currencyOf(subject: string): string {
  const currencies = { NAF: 'USD', NBF: 'GBP', NCF: 'JPY', CAF: 'CHF', CBF: 'SEK', CCF: 'NOK', ZFZ: 'DKK' };
  return new Map(Object.entries(currencies)).get(subject) ?? subject;
}

/** One of each kind of read: its name, how long its copy is fresh, the provider's call, and one run of its job. */
const kinds = [
  {
    kind: 'quote',
    ttlMs: 10 * seconds,
    call: 'quote',
    nameOf: quoteName,
    run: (symbol: string, given: RunOptions) => desk.run(fetchQuote, { symbol }, given),
  },
  {
    kind: 'crypto',
    ttlMs: 10 * seconds,
    call: 'quote',
    nameOf: (symbol: string) => quoteName(`BINANCE:${symbol}`),
    run: (symbol: string, given: RunOptions) => desk.run(fetchCrypto, { symbol: `BINANCE:${symbol}` }, given),
  },
  {
    kind: 'company',
    ttlMs: 86_400 * seconds,
    call: 'company',
    nameOf: companyName,
    run: (symbol: string, given: RunOptions) => desk.run(fetchCompany, { symbol }, given),
  },
  {
    kind: 'news',
    ttlMs: 300 * seconds,
    call: 'news',
    nameOf: (symbol: string) => newsName({ symbol, ...week }),
    run: (symbol: string, given: RunOptions) => desk.run(fetchNews, { symbol, ...week }, given),
  },
  {
    kind: 'forex',
    ttlMs: 3_600 * seconds,
    call: 'forex',
    nameOf: (subject: string) => forexName(currencyOf(subject)),
    run: (subject: string, given: RunOptions) => desk.run(fetchForex, { base: currencyOf(subject) }, given),
  },
  {
    kind: 'search',
    ttlMs: 3_600 * seconds,
    call: 'search',
    nameOf: searchName,
    run: (q: string, given: RunOptions) => desk.run(searchSymbols, { q }, given),
  },
] as const satisfies readonly { call: keyof FakeAnswers; [more: string]: unknown }[];

const faults = {
  'a fault': new UpstreamFault('Finnhub answered 502'),
  'a refused key': new GiveUp('Finnhub refuses the key; check FINNHUB_API_KEY'),
  'what nobody thought of': new TypeError('boom'),
};

/** A provider that answers with this error, and counts how often it is asked. */
function failing(call: keyof FakeAnswers, error: Error) {
  const asked = { times: 0 };
  const answer = async () => {
    asked.times += 1;
    throw error;
  };
  return { asked, finnhub: { [call]: answer } };
}

describe.each(kinds)('$kind', ({ kind, call, ttlMs, nameOf, run }) => {
  const subjectOf = (place: number, letter: string) => `${letter}${'ABC'[place]}${kind[0]}`.toUpperCase();

  /** Reads a dozen times, as a dozen jobs or as one with a dozen attempts: what the last one said. */
  const readOften = async (subject: string, finnhub: FakeAnswers) => {
    const wanted = nameOf(subject);
    const ends: string[] = [];
    for (let n = 0; n < 12; n += 1)
      ends.push(
        await run(subject, { wanted, finnhub }).then(
          (result) => Outcome.parse(result).outcome,
          (error: unknown) => (error instanceof GiveUp ? 'gave up' : 'failed'),
        ),
      );
    return ends;
  };

  test.each(Object.entries(faults))('%s without a copy is one call in thirty seconds', async (name, error) => {
    const subject = subjectOf(Object.keys(faults).indexOf(name), 'N');
    const { asked, finnhub } = failing(call, error);
    expect(await readOften(subject, finnhub)).toEqual(['gave up', ...Array.from({ length: 11 }, () => 'looked')]);
    expect(await desk.ctx.market.asks.isWanted(nameOf(subject))).toBe(false);
    desk.pass(29_999);
    await readOften(subject, finnhub);
    expect(asked.times).toBe(1);
    desk.pass(1);
    await desk.ctx.redis.del(`looked:${nameOf(subject)}`);
    await readOften(subject, finnhub);
    expect(asked.times).toBe(2);
  });

  test.each(Object.entries(faults))('%s beside an old copy is one call in its time to live', async (name, error) => {
    const subject = subjectOf(Object.keys(faults).indexOf(name), 'C');
    await desk.ctx.market.cache.write(nameOf(subject), {
      body: '{"c":1',
      observedAtMs: desk.now().getTime() - ttlMs - 1,
    });
    const { asked, finnhub } = failing(call, error);
    await readOften(subject, finnhub);
    // Redis forgets, the process does not.
    await desk.ctx.redis.del(`looked:${nameOf(subject)}`);
    desk.pass(ttlMs - 1);
    await readOften(subject, finnhub);
    expect(asked.times).toBe(1);
    desk.pass(1);
    await desk.ctx.redis.del(`looked:${nameOf(subject)}`);
    await readOften(subject, finnhub);
    expect(asked.times).toBe(2);
    expect((await desk.ctx.market.cache.read(nameOf(subject)))?.body).toBe('{"c":1');
  });
});

test.each(kinds.filter(({ kind }) => kind !== 'search'))(
  'nothing of a $kind beside an old copy is one call',
  async (of) => {
    const subject = `Z${of.kind[0]}Z`.toUpperCase();
    const name = of.nameOf(subject);
    await desk.ctx.market.cache.write(name, { body: '{"c":1', observedAtMs: desk.now().getTime() - of.ttlMs - 1 });
    const asked = { times: 0 };
    const nothing = async () => {
      asked.times += 1;
      return of.kind === 'news' ? [] : undefined;
    };
    const finnhub = { [of.call]: nothing, isListed: async () => false };
    for (let n = 0; n < 12; n += 1) await of.run(subject, { wanted: name, finnhub });
    expect(asked.times).toBe(1);
  },
);

test('the central bank’s failure is one call for every base that readers ask for, and no bar to its own schedule', async () => {
  const asked = { times: 0 };
  const latest = async () => {
    asked.times += 1;
    throw new UpstreamFault('The reference rates answered 502');
  };
  const given = { with: { referenceRates: { isConfigured: true, latest } } };
  const read = (base: string) => desk.run(fetchReferenceRates, { base }, { ...given, wanted: forexName(base) });
  await expect(read('USD')).rejects.toThrow(GiveUp);
  for (const base of ['USD', 'GBP', 'EUR', 'JPY']) expect(await read(base)).toEqual({ base, outcome: 'looked' });
  expect(asked.times).toBe(1);
  await expect(desk.run(fetchReferenceRates, {}, given)).rejects.toThrow(UpstreamFault);
  expect(asked.times).toBe(2);
});

test('holidays that cannot be read are asked for once an hour, however often the market is', async () => {
  const { asked, finnhub } = failing('holidays', new UpstreamFault('Finnhub answered 200 with an unknown shape'));
  for (let n = 0; n < 12; n += 1) {
    await desk.run(fetchMarketHours, {}, { finnhub: { ...finnhub, isMarketOpen: async () => true } });
    desk.pass(120_000);
  }
  expect(asked.times).toBe(1);
});
