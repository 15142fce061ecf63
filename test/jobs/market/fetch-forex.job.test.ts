import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ForexRate } from '../../../src/entities/market.entity.ts';
import { GiveUp, NotInPlan } from '../../../src/errors.ts';
import { UpstreamFault } from '../../../src/gateways/http/fetch-json.ts';
import { fetchReferenceRates } from '../../../src/jobs/market/fetch-reference-rates.job.ts';
import { type MarketDesk, openMarketDesk } from '../../support/api/market-jobs.ts';
import { fetchForex, forexName } from '../../support/api/market-kinds.ts';
import { performJob } from '../../support/api/perform-job.ts';
import { fakeFinnhub } from '../../support/upstreams/fake-finnhub.ts';

let desk: MarketDesk;
beforeAll(async () => {
  desk = await openMarketDesk();
});
afterAll(() => desk.close());

const rows = (base: string) => desk.ctx.orm.em.fork().find(ForexRate, { base }, { orderBy: { asOf: 'asc' } });
const run = (base: string, options: Parameters<MarketDesk['run']>[2]) =>
  desk.run(fetchForex, { base }, { wanted: forexName(base), ...options });
const throwing = (error: Error) => ({
  forex: async () => {
    throw error;
  },
});

describe('fetch-forex', () => {
  it('stores the provider’s rates digit by digit, announces them and caches the answer', async () => {
    const quote = { EUR: 0.855871, IDR: 17_187.650119, BTC: 1.1e-7, USD: 1 };
    const result = await run('usd', { wanted: forexName('USD'), finnhub: { forex: async () => quote } });
    expect(result).toEqual({ base: 'USD', outcome: 'stored' });
    expect(await rows('USD')).toMatchObject([
      { rates: { EUR: '0.855871', IDR: '17187.650119', BTC: '0.00000011', USD: '1' }, source: 'finnhub' },
    ]);
    const facts = { base: 'USD', quote, as_of: '2026-11-22T10:15:00.000Z', source: 'finnhub' };
    expect(await desk.events()).toEqual([{ type: 'forex.updated', subject: 'USD', data: facts }]);
    expect(JSON.parse(`${(await desk.ctx.market.cache.read(forexName('USD')))?.body ?? ''}}`)).toEqual(facts);
  });

  it('runs twice and has one row and one event', async () => {
    const options = { finnhub: { forex: async () => ({ USD: 1.1684 }) }, id: 'the-same' };
    await run('EUR', options);
    await desk.ctx.redis.del(`copy:${forexName('EUR')}`);
    await run('EUR', options);
    expect(await rows('EUR')).toHaveLength(1);
    expect((await desk.events()).filter(({ subject }) => subject === 'EUR')).toHaveLength(1);
  });

  it('asks for the central bank’s rates when the plan has no forex', async () => {
    const { referred_to, ...result } = await run('GBP', { finnhub: throwing(new NotInPlan('no forex')) });
    expect(result).toEqual({ base: 'GBP', outcome: 'referred' });
    const job = await desk.ctx.jobs.queues.get('catalog')?.getJob(referred_to?.id ?? '');
    expect(job).toMatchObject({ name: 'fetch-reference-rates', data: { base: 'GBP' } });
    expect(await rows('GBP')).toEqual([]);
  });

  it('leaves the reader’s place to that job: the bank’s failure is one call, is remembered, and frees it', async () => {
    const { asks, failedFetches } = desk.ctx.market;
    expect((await run('SEK', { finnhub: throwing(new NotInPlan('no forex')) })).outcome).toBe('referred');
    const bank = { isConfigured: true, latest: async () => Promise.reject(new UpstreamFault('The bank answered 502')) };
    const referred = () => desk.run(fetchReferenceRates, { base: 'SEK' }, { with: { referenceRates: bank } });
    await expect(referred()).rejects.toThrow(GiveUp);
    expect(await failedFetches.leftMs(forexName('SEK'))).toBeGreaterThan(0);
    await fetchReferenceRates.farewell?.({ base: 'SEK' }, new Error('over'), desk.ctx);
    expect(await asks.isWanted(forexName('SEK'))).toBe(false);
  });

  it('keeps its place, for the next attempt, where that job cannot be queued', async () => {
    const market = { ...desk.ctx.market, finnhub: fakeFinnhub(throwing(new NotInPlan('no forex'))) };
    const jobs = { ...desk.ctx.jobs, enqueue: async () => Promise.reject(new Error('Redis is away')) };
    await market.asks.admit(forexName('NOK'));
    const ctx = { ...desk.ctx.jobs.fork(), market, jobs };
    const attempt = { askedAtMs: desk.now().getTime() };
    await expect(performJob(fetchForex, { base: 'NOK' }, ctx, attempt)).rejects.toThrow('Redis is away');
    expect(await market.asks.isWanted(forexName('NOK'))).toBe(true);
    await fetchForex.farewell?.({ base: 'NOK' }, new Error('over'), desk.ctx);
    expect(await market.asks.isWanted(forexName('NOK'))).toBe(false);
  });

  it('remembers a base that the provider does not know', async () => {
    const { outcome } = await run('KPW', { finnhub: { forex: async () => undefined } });
    expect(outcome).toBe('unknown_symbol');
    expect(await desk.ctx.market.cache.isUnknown(forexName('KPW'))).toBe(true);
  });

  it('gives up with nothing stored, and frees its place among those who wait', async () => {
    await expect(run('CHF', { finnhub: throwing(new UpstreamFault('Finnhub answered 502')) })).rejects.toThrow('502');
    await fetchForex.farewell?.({ base: 'CHF' }, new Error('over'), desk.ctx);
    expect(await desk.ctx.market.asks.isWanted(forexName('CHF'))).toBe(false);
    expect(await rows('CHF')).toEqual([]);
  });
});
