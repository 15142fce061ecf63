import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { CompanyPeers, EarningsCalendar, RecommendationTrends } from '../../../src/entities/market.entity.ts';
import { UpstreamFault } from '../../../src/gateways/http/fetch-json.ts';
import { earnings } from '../../../src/market/data/earnings.market.ts';
import { peers } from '../../../src/market/data/peers.market.ts';
import { recommendations } from '../../../src/market/data/recommendations.market.ts';
import { copyName } from '../../../src/market/market-data.ts';
import { type MarketDesk, openMarketDesk, type RunOptions } from '../../support/api/market-jobs.ts';
import { recorded } from '../../support/upstreams/finnhub-provider.ts';

let desk: MarketDesk;
beforeAll(async () => {
  desk = await openMarketDesk();
});
afterAll(() => desk.close());

const body = (name: string): unknown => JSON.parse(recorded(name));
const kinds = [
  {
    data: recommendations,
    table: RecommendationTrends,
    path: '/stock/recommendation',
    file: 'recommendation-AAPL',
    none: [],
  },
  {
    data: earnings,
    table: EarningsCalendar,
    path: '/calendar/earnings',
    file: 'earnings-AAPL',
    none: { earningsCalendar: [] },
  },
  { data: peers, table: CompanyPeers, path: '/stock/peers', file: 'peers-AAPL', none: [] },
] as const;

describe.each(kinds)('$data.name', ({ data, table, path, file, none }) => {
  const fetch = (symbol: string, finnhub: RunOptions['finnhub'], more: RunOptions = {}) =>
    desk.run(data.job, { symbol }, { wanted: copyName(data, { symbol }), ...(finnhub ? { finnhub } : {}), ...more });
  const rows = (symbol: string) => desk.ctx.orm.em.fork().find(table, { symbol }, { orderBy: { id: 'asc' } });
  const listed = body(file);
  const items = itemsOf(listed);
  const told = async (symbol: string) =>
    (await desk.events()).filter(({ type, subject }) => type === `${data.name}.updated` && subject === symbol);

  it('are stored as they were given, announced and cached, and answered in the provider’s keys', async () => {
    const asked: string[] = [];
    const list = async (...call: string[]) => (asked.push(...call), listed);
    expect(await fetch('AAPL', { list })).toEqual({ symbol: 'AAPL', outcome: 'stored' });
    expect(asked).toEqual([path, 'AAPL']);
    const facts = { symbol: 'AAPL', data: items, as_of: desk.now().toISOString(), source: 'finnhub' };
    expect(await told('AAPL')).toMatchObject([{ data: facts }]);
    const answer = await desk.send('GET', `/market/${data.name}?symbol=aapl`);
    expect([answer.status, await answer.json()]).toMatchObject([200, facts]);
  });

  it('that say the same again are one observation, whose history is answered', async () => {
    for (let day = 0; day < 3; day += 1) {
      desk.pass(86_400_001);
      expect((await fetch('MSFT', { list: async () => relabelled(listed, 'MSFT') })).outcome).toBe('stored');
    }
    expect(await rows('MSFT')).toHaveLength(1);
    const history = await desk.send('GET', `/market/${data.name}/history?symbol=MSFT&from=2026-11-01&to=2026-12-31`);
    expect(await history.json()).toMatchObject({ symbol: 'MSFT', data: [{ source: 'finnhub' }], next_cursor: null });
  });

  it('run twice and have one row', async () => {
    const list = async () => relabelled(listed, 'NVDA');
    await fetch('NVDA', { list }, { id: 'the-same' });
    await desk.ctx.redis.del(`copy:${copyName(data, { symbol: 'NVDA' })}`);
    await fetch('NVDA', { list }, { id: 'the-same' });
    expect(await rows('NVDA')).toHaveLength(1);
  });

  it('are empty for a listed symbol of which there is nothing, and unknown for one that nobody lists', async () => {
    const list = async () => none;
    expect((await fetch('QUIET', { list, isListed: async () => true })).outcome).toBe('stored');
    expect(await rows('QUIET')).toMatchObject([{ data: [] }]);
    expect((await fetch('NOPE', { list, isListed: async () => false })).outcome).toBe('unknown_symbol');
    expect((await desk.send('GET', `/market/${data.name}?symbol=NOPE`)).status).toBe(404);
    expect(await rows('NOPE')).toEqual([]);
  });

  it('keep what is known when an answer is empty, or about others alone; that they were asked for counts', async () => {
    const said = relabelled(dated(listed, '2027-01-28'), 'IBM');
    expect((await fetch('IBM', { list: async () => said })).outcome).toBe('stored');
    const [before, announced] = [await rows('IBM'), await told('IBM')];
    desk.pass(86_400_001);
    expect((await fetch('IBM', { list: async () => none, isListed: async () => true })).outcome).toBe('unchanged');
    expect((await fetch('IBM', {})).outcome).toBe('looked');
    if (data !== peers) {
      desk.pass(86_400_001);
      await desk.ctx.redis.del(`looked:${copyName(data, { symbol: 'IBM' })}`);
      await expect(fetch('IBM', { list: async () => listed })).rejects.toThrow('nothing in it is about the symbol');
    }
    expect([await rows('IBM'), await told('IBM')]).toEqual([before, announced]);
  });

  it('that were empty and still are have been observed again', async () => {
    const silent = { list: async () => none, isListed: async () => true };
    await fetch('STILL', silent);
    desk.pass(86_400_001);
    expect((await fetch('STILL', silent)).outcome).toBe('stored');
    expect((await fetch('STILL', silent)).outcome).toBe('current');
  });

  it('keep what fits when an item does not', async () => {
    const own = relabelled(listed, 'TSLA');
    const odd = Array.isArray(own) ? [7, ...itemsOf(own)] : { earningsCalendar: [7, ...itemsOf(own)] };
    expect((await fetch('TSLA', { list: async () => odd })).outcome).toBe('stored');
    expect(await rows('TSLA')).toMatchObject([{ data: itemsOf(own) }]);
  });

  it('give up with nothing stored when the provider fails', async () => {
    const list = async () => Promise.reject(new UpstreamFault('Finnhub answered 502'));
    await expect(fetch('KO', { list })).rejects.toThrow('502');
    expect(await rows('KO')).toEqual([]);
  });
});

// JSON can say it, as a cut leaves it, and no server takes a list that does.
describe('half a character', () => {
  it.each([
    { data: peers, table: CompanyPeers, said: ['HALF', 'DE\ud83d', 'WDC'], shown: ['HALF', 'DE\ufffd', 'WDC'] },
    {
      data: earnings,
      table: EarningsCalendar,
      said: { earningsCalendar: [{ date: '2026-07-29', hour: '\udc4damc', symbol: 'HALF' }] },
      shown: [expect.objectContaining({ date: '2026-07-29', hour: '\ufffdamc', symbol: 'HALF' })],
    },
  ])(
    'among the $data.name is shown as such, stored and told, and costs no item',
    async ({ data, table, said, shown }) => {
      const wanted = copyName(data, { symbol: 'HALF' });
      const fetched = await desk.run(data.job, { symbol: 'HALF' }, { wanted, finnhub: { list: async () => said } });
      expect(fetched.outcome).toBe('stored');
      expect(await desk.ctx.orm.em.fork().find(table, { symbol: 'HALF' })).toMatchObject([{ data: shown }]);
      const told = (await desk.events()).filter(
        (event) => event.type === `${data.name}.updated` && event.subject === 'HALF',
      );
      expect(told).toMatchObject([{ data: { data: shown } }]);
      expect(await (await desk.send('GET', `/market/${data.name}?symbol=HALF`)).json()).toMatchObject({ data: shown });
    },
  );
});

describe('an earnings calendar whose dates have passed', () => {
  it('is empty when the provider says so', async () => {
    const fetch = (list: unknown) =>
      desk.run(
        earnings.job,
        { symbol: 'PAST' },
        { wanted: copyName(earnings, { symbol: 'PAST' }), finnhub: { list: async () => list } },
      );
    await fetch(relabelled(dated(body('earnings-AAPL'), '2026-11-21'), 'PAST'));
    desk.pass(86_400_001);
    expect((await fetch({ earningsCalendar: [] })).outcome).toBe('stored');
    const answer = await desk.send('GET', '/market/earnings?symbol=PAST');
    expect(await answer.json()).toMatchObject({ data: [] });
  });
});

const Calendar = z.object({ earningsCalendar: z.array(z.unknown()) });

/** What a body lists. */
function itemsOf(list: unknown): readonly unknown[] {
  return z.array(z.unknown()).safeParse(list).data ?? Calendar.parse(list).earningsCalendar;
}

/** The list as it would be about another symbol. */
function relabelled(list: unknown, symbol: string): unknown {
  return JSON.parse(JSON.stringify(list).replaceAll('"AAPL"', `"${symbol}"`));
}

/** The list as it would be about another day. */
function dated(list: unknown, day: string): unknown {
  return JSON.parse(JSON.stringify(list).replaceAll(/"date":"[^"]*"/g, `"date":"${day}"`));
}
