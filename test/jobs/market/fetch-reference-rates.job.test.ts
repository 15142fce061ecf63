import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ForexRate } from '../../../src/entities/market.entity.ts';
import { UpstreamFault } from '../../../src/gateways/http/fetch-json.ts';
import type { Publication } from '../../../src/gateways/feeds/reference-rates.ts';
import { fetchReferenceRates } from '../../../src/jobs/market/fetch-reference-rates.job.ts';
import { exchangeRate, newestRates, storeRates } from '../../../src/market/forex.ts';
import { type MarketDesk, openMarketDesk } from '../../support/api/market-jobs.ts';
import { forexName } from '../../support/api/market-kinds.ts';

let desk: MarketDesk;
let eventsBefore = 0;
beforeAll(async () => {
  desk = await openMarketDesk();
});
afterAll(() => desk.close());
beforeEach(async () => {
  await desk.ctx.orm.em.fork().nativeDelete(ForexRate, {});
  await desk.ctx.redis.del(...['EUR', 'USD', 'GBP', 'IDR'].map((base) => `copy:${forexName(base)}`));
  eventsBefore = (await desk.events()).length;
});

const april = { day: '2026-04-13', rates: { EUR: '1', USD: '1.1684', GBP: '0.87058', IDR: '20082.05' } };

/** A central bank that publishes this, and counts how often it is asked. */
function bank(publication: Publication = april) {
  const asked = { times: 0 };
  const latest = async () => {
    asked.times += 1;
    return publication;
  };
  return { asked, with: { referenceRates: { isConfigured: true, latest } } };
}

const run = (base: string | undefined, { with: given }: Pick<ReturnType<typeof bank>, 'with'>) =>
  desk.run(fetchReferenceRates, base === undefined ? {} : { base }, { with: given });
const events = async () => (await desk.events()).slice(eventsBefore).map(({ type, subject }) => `${type} ${subject}`);
const rows = () => desk.ctx.orm.em.fork().find(ForexRate, {}, { orderBy: { base: 'asc', asOf: 'asc' } });

describe('rates that a clock which is six hours ahead has stored', () => {
  const hourMs = 3_600_000;
  const store = (base: string, rates: Readonly<Record<string, string>>, aheadMs: number) => {
    const asOf = new Date(Date.now() + aheadMs);
    const row = { base, rates, asOf, observedAt: asOf, source: 'finnhub' };
    return desk.ctx.transaction((tx) => storeRates(tx, row, crypto.randomUUID()));
  };
  const rate = async () => exchangeRate(desk.ctx.orm.em.fork(), 'USD', 'EUR');

  it('price nothing once there are others, of the base or the euro’s, whatever was stored first', async () => {
    await store('USD', { EUR: '0.50' }, 6 * hourMs);
    // What there is alone is the last word all the same; of several it is what was stored last.
    expect(await rate()).toMatchObject({ rate: '0.50' });
    await store('USD', { EUR: '0.60' }, 5 * hourMs);
    expect(await rate()).toMatchObject({ rate: '0.60' });
    await store('EUR', { EUR: '1', USD: '1.25' }, -hourMs);
    expect(await rate()).toMatchObject({ rate: '0.8' });
    await store('USD', { EUR: '0.90' }, 0);
    expect(await rate()).toMatchObject({ rate: '0.90' });
    expect((await newestRates(desk.ctx.orm.em.fork(), 'USD'))?.rates).toEqual({ EUR: '0.90' });
  });
});

describe('fetch-reference-rates', () => {
  it('stores the euro’s rates as published and the base’s as they follow, and announces both', async () => {
    expect(await run('USD', bank())).toEqual({ base: 'USD', outcome: 'stored' });
    const crossed = { EUR: '0.85587128', USD: '1', GBP: '0.74510442', IDR: '17187.65' };
    expect(await rows()).toMatchObject([
      { base: 'EUR', rates: april.rates, asOf: new Date('2026-04-13T14:00:00Z'), source: 'ecb' },
      { base: 'USD', rates: { ...crossed, IDR: expect.stringMatching(/^17187\.65/) }, source: 'ecb' },
    ]);
    expect(await events()).toEqual(['forex.updated EUR', 'forex.updated USD']);
    const copy = await desk.ctx.market.cache.read(forexName('USD'));
    expect(JSON.parse(`${copy?.body ?? ''}}`)).toMatchObject({
      base: 'USD',
      quote: { EUR: 0.85587128, USD: 1, GBP: 0.74510442 },
      as_of: '2026-04-13T14:00:00.000Z',
      source: 'ecb',
    });
    // The copy is as fresh as its fetch, however old the day.
    expect(copy?.observedAtMs).toBe(Date.parse('2026-11-22T10:15:00Z'));
  });

  it('runs twice, for the euro when nobody names a base, and has one row and one event a day', async () => {
    const euro = bank();
    expect((await run(undefined, euro)).outcome).toBe('stored');
    expect((await run(undefined, euro)).outcome).toBe('unchanged');
    expect(euro.asked.times).toBe(1);
    desk.pass(3_600_000);
    expect((await run(undefined, euro)).outcome).toBe('unchanged');
    expect(euro.asked.times).toBe(2);
    expect(await rows()).toHaveLength(1);
    expect(await events()).toEqual(['forex.updated EUR']);

    desk.pass(86_400_000);
    expect((await run(undefined, bank({ ...april, day: '2026-04-14' }))).outcome).toBe('stored');
    expect((await rows()).map(({ asOf }) => asOf.toISOString())).toEqual([
      '2026-04-13T14:00:00.000Z',
      '2026-04-14T14:00:00.000Z',
    ]);
  });

  it('mends a publication that came incomplete or wrong, in MySQL too, and tells that', async () => {
    const { IDR: _, ...incomplete } = april.rates;
    await run('USD', bank({ ...april, rates: { ...incomplete, GBP: '0.97058' } }));
    const rate = async (from: string, to: string) => exchangeRate(desk.ctx.orm.em.fork(), from, to);
    expect([await rate('USD', 'IDR'), await rate('USD', 'GBP')]).toMatchObject(['unlisted', { rate: '0.83069154' }]);
    desk.pass(3_600_000);
    expect((await run(undefined, bank())).outcome).toBe('stored');
    expect(await rows()).toMatchObject([{ base: 'EUR', rates: april.rates, observedAt: desk.now() }, { base: 'USD' }]);
    // What was computed from it before is no newer publication than itself.
    expect([await rate('USD', 'IDR'), await rate('USD', 'GBP')]).toMatchObject([
      { rate: expect.stringMatching(/^17187\.65/) },
      { rate: '0.74510442' },
    ]);
    expect((await run('USD', bank())).outcome).toBe('stored');
    expect((await rows())[1]).toMatchObject({ base: 'USD', rates: { GBP: '0.74510442' } });
    expect(await events()).toEqual([
      'forex.updated EUR',
      'forex.updated USD',
      'forex.updated EUR',
      'forex.updated USD',
    ]);
  });

  it('is not undone by rates that were read before they were corrected', async () => {
    await run(undefined, bank());
    const [row] = await rows();
    const before = { base: 'EUR', rates: { EUR: '1' }, asOf: row?.asOf ?? new Date(), source: 'ecb' };
    const late = { ...before, observedAt: new Date(desk.now().getTime() - 1) };
    expect(await desk.ctx.transaction((tx) => storeRates(tx, late, row?.publication ?? ''))).toBe(false);
    expect(await rows()).toMatchObject([{ rates: april.rates, observedAt: desk.now() }]);
  });

  it('is mended at once though it was stored by a clock that is an hour ahead', async () => {
    await run(undefined, bank({ ...april, rates: { ...april.rates, GBP: '0.97058' } }));
    const ahead = new Date(Date.now() + 3_600_000);
    await desk.ctx.orm.em.fork().nativeUpdate(ForexRate, { base: 'EUR' }, { observedAt: ahead });
    expect((await run(undefined, bank())).outcome).toBe('stored');
    expect(await rows()).toMatchObject([{ rates: april.rates, observedAt: desk.now() }]);
    // Nor are its rates fresh for whoever wants those of another base.
    await desk.ctx.orm.em.fork().nativeUpdate(ForexRate, { base: 'EUR' }, { observedAt: ahead });
    const asked = bank();
    await run('USD', asked);
    expect(asked.asked.times).toBe(1);
  });

  it('asks the bank once for any number of bases', async () => {
    const once = bank();
    for (const base of ['USD', 'GBP', 'IDR', 'EUR']) await run(base, once);
    expect(once.asked.times).toBe(1);
    expect((await rows()).map(({ base }) => base)).toEqual(['EUR', 'GBP', 'IDR', 'USD']);
  });

  it('remembers a base that the bank does not list, and stores no rate of it', async () => {
    expect((await run('KPW', bank())).outcome).toBe('unknown_symbol');
    expect(await desk.ctx.market.cache.isUnknown(forexName('KPW'))).toBe(true);
    expect((await rows()).map(({ base }) => base)).toEqual(['EUR']);
  });

  it('does nothing where no address is set', async () => {
    const off = { isConfigured: false, latest: async () => april };
    expect((await run('USD', { with: { referenceRates: off } })).outcome).toBe('not_configured');
    expect(await rows()).toEqual([]);
  });

  it('gives up with nothing stored, and frees its place among those who wait', async () => {
    await desk.ctx.market.asks.admit(forexName('USD'));
    const latest = async () => {
      throw new UpstreamFault('The reference rates answered 502');
    };
    await expect(run('USD', { with: { referenceRates: { isConfigured: true, latest } } })).rejects.toThrow('502');
    await fetchReferenceRates.farewell?.({ base: 'USD' }, new Error('over'), desk.ctx);
    expect(await desk.ctx.market.asks.isWanted(forexName('USD'))).toBe(false);
    expect(await rows()).toEqual([]);
  });
});
