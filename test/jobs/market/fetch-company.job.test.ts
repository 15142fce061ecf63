import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CompanyProfile } from '../../../src/entities/market.entity.ts';
import { NotInPlan } from '../../../src/errors.ts';
import { UpstreamFault } from '../../../src/gateways/http/fetch-json.ts';
import { type MarketDesk, openMarketDesk } from '../../support/api/market-jobs.ts';
import { companyName, fetchCompany } from '../../support/api/market-kinds.ts';

let desk: MarketDesk;
beforeAll(async () => {
  desk = await openMarketDesk();
});
afterAll(() => desk.close());

const apple = {
  ticker: 'AAPL',
  name: 'Apple Inc',
  country: 'US',
  currency: 'USD',
  estimateCurrency: 'USD',
  exchange: 'NASDAQ',
  finnhubIndustry: 'Technology',
  ipo: '1980-12-12',
  logo: null,
  marketCapitalization: 4_535_749.272209372,
  phone: '14089961010',
  shareOutstanding: 14_687.36,
  weburl: null,
};
const named = (symbol: string) => ({ ...apple, ticker: symbol, name: `${symbol} Inc` });
const rows = (symbol: string) => desk.ctx.orm.em.fork().find(CompanyProfile, { symbol });

describe('fetch-company', () => {
  it('stores the profile, what is not known as null, announces it and caches the answer', async () => {
    const finnhub = { company: async () => apple };
    const result = await desk.run(fetchCompany, { symbol: 'AAPL' }, { wanted: companyName('AAPL'), finnhub });
    expect(result).toEqual({ symbol: 'AAPL', outcome: 'stored' });
    expect(await rows('AAPL')).toMatchObject([
      { name: 'Apple Inc', marketCapitalization: 4_535_749.272209372, logo: null },
    ]);
    const facts = { symbol: 'AAPL', ...apple, as_of: '2026-11-22T10:15:00.000Z', source: 'finnhub' };
    expect(await desk.events()).toContainEqual({ type: 'company.updated', subject: 'AAPL', data: facts });
    const copy = await desk.ctx.market.cache.read(companyName('AAPL'));
    expect(JSON.parse(`${copy?.body ?? ''}}`)).toEqual(facts);
    expect(await desk.ctx.market.asks.isWanted(companyName('AAPL'))).toBe(false);
  });

  it('runs twice and has one row', async () => {
    const run = () =>
      desk.run(
        fetchCompany,
        { symbol: 'MSFT' },
        { wanted: companyName('MSFT'), finnhub: { company: async () => named('MSFT') }, id: 'the-same' },
      );
    await run();
    await desk.ctx.redis.del(`copy:${companyName('MSFT')}`);
    await run();
    expect(await rows('MSFT')).toHaveLength(1);
  });

  it('makes no call for who came late, or when nobody asks', async () => {
    const finnhub = { company: async () => named('NVDA') };
    await desk.run(fetchCompany, { symbol: 'NVDA' }, { wanted: companyName('NVDA'), finnhub });
    const again = await desk.run(fetchCompany, { symbol: 'NVDA' }, { wanted: companyName('NVDA') });
    expect(again.outcome).toBe('current');
    expect((await desk.run(fetchCompany, { symbol: 'IBM' })).outcome).toBe('not_wanted');
  });

  it('frees its place where the plan has no profiles, and nobody else is asked', async () => {
    const company = async () => Promise.reject(new NotInPlan('no profiles'));
    const given = { wanted: companyName('ADBE'), finnhub: { company } };
    expect((await desk.run(fetchCompany, { symbol: 'ADBE' }, given)).outcome).toBe('not_in_plan');
    expect(await desk.ctx.market.asks.isWanted(companyName('ADBE'))).toBe(false);
  });

  it('remembers that there is no such company, and stores nothing', async () => {
    const finnhub = { company: async () => undefined };
    const { outcome } = await desk.run(fetchCompany, { symbol: 'NOPE' }, { wanted: companyName('NOPE'), finnhub });
    expect(outcome).toBe('unknown_symbol');
    expect(await desk.ctx.market.cache.isUnknown(companyName('NOPE'))).toBe(true);
    expect(await rows('NOPE')).toEqual([]);
  });

  it('keeps a stored profile when the provider has nothing for a while', async () => {
    await desk.run(
      fetchCompany,
      { symbol: 'ORCL' },
      { wanted: companyName('ORCL'), finnhub: { company: async () => named('ORCL') } },
    );
    await desk.ctx.redis.del(`copy:${companyName('ORCL')}`);
    const finnhub = { company: async () => undefined };
    const { outcome } = await desk.run(fetchCompany, { symbol: 'ORCL' }, { wanted: companyName('ORCL'), finnhub });
    expect(outcome).toBe('unchanged');
    expect(await desk.ctx.market.cache.isUnknown(companyName('ORCL'))).toBe(false);
    expect(await rows('ORCL')).toHaveLength(1);
  });

  it('gives up with nothing stored, and frees its place among those who wait', async () => {
    const finnhub = {
      company: async () => {
        throw new UpstreamFault('Finnhub answered 502');
      },
    };
    const failing = desk.run(fetchCompany, { symbol: 'KO' }, { wanted: companyName('KO'), finnhub });
    await expect(failing).rejects.toThrow('Finnhub answered 502');
    expect(await desk.ctx.market.asks.isWanted(companyName('KO'))).toBe(true);
    await fetchCompany.farewell?.({ symbol: 'KO' }, new Error('over'), desk.ctx);
    expect(await desk.ctx.market.asks.isWanted(companyName('KO'))).toBe(false);
    expect(await rows('KO')).toEqual([]);
  });
});
