import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ForexRate } from '../../../src/entities/market.entity.ts';
import { NotInPlan } from '../../../src/errors.ts';
import { UpstreamFault } from '../../../src/gateways/http/fetch-json.ts';
import { type MarketDesk, openMarketDesk } from '../../support/api/market-jobs.ts';
import { fetchForex, forexName } from '../../support/api/market-kinds.ts';

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
