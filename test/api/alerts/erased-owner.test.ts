import { afterAll, beforeAll, expect, test } from 'vitest';
import { PriceAlert } from '../../../src/entities/alerts.entity.ts';
import { WatchedSymbol } from '../../../src/entities/market.entity.ts';
import { newPerson } from '../../support/api/accounts.ts';
import { type MarketHouse, openMarketHouse } from '../../support/api/market-api.ts';
import { problemOf } from '../../support/api/problem-of.ts';
import { until } from '../../support/processes/process.ts';

let house: MarketHouse;
beforeAll(async () => {
  house = await openMarketHouse({ WATCHLIST: '' });
  house.startWorker();
});
afterAll(() => house.close());

test('nothing is stored for an account that was deleted while the provider was asked', async () => {
  const person = await newPerson(house);
  await house.sandbox.hold({ target: 'finnhub', phase: 'before', path: 'AAPL' });
  const asking = person.send('POST', '/market/alerts', { symbol: 'AAPL', above: 1 });
  await until('the provider is asked', async () => ((await house.sandbox.held()) > 0 ? true : undefined));
  expect((await person.send('DELETE', `/users/${person.id}`)).status).toBe(204);
  await house.sandbox.release();
  expect(await problemOf(await asking)).toMatchObject({ status: 401, code: 'unauthenticated' });
  const em = house.ctx.orm.em.fork();
  expect([await em.count(PriceAlert), await em.count(WatchedSymbol)]).toEqual([0, 0]);
});
