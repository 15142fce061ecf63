import { afterAll, beforeAll, expect, it } from 'vitest';
import { AlertFiring, PriceAlert } from '../../../src/entities/alerts.entity.ts';
import { WatchedSymbol } from '../../../src/entities/market.entity.ts';
import { pruneAlerts } from '../../../src/jobs/alerts/prune-alerts.job.ts';
import { makeAlert } from '../../support/api/personas.ts';
import { performJob } from '../../support/api/perform-job.ts';
import { openTestApi, type TestApi } from '../../support/api/test-api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await openTestApi();
});
afterAll(() => api.close());

it('prune-alerts deletes what fired and what ended ninety days ago, and nothing else, also when it runs twice', async () => {
  const em = api.ctx.orm.em.fork();
  const old = new Date(Date.now() - 91 * 24 * 3_600_000);
  const [alert, ended] = [await makeAlert(api, { id: 1 }), await makeAlert(api, { id: 1 })];
  const firing = { alert, userId: 1, position: 1, price: 3, asOf: old };
  await em.insert(AlertFiring, { ...firing, number: 1, firedAt: old });
  await em.insert(AlertFiring, { ...firing, number: 2, firedAt: new Date() });
  await em.nativeUpdate(PriceAlert, { id: ended }, { endedAt: old });
  expect(await performJob(pruneAlerts, {}, api.ctx)).toEqual({ deleted: 2 });
  expect(await performJob(pruneAlerts, {}, api.ctx)).toEqual({ deleted: 0 });
  expect(await em.count(AlertFiring, { alert })).toBe(1);
  expect(await em.count(PriceAlert, { id: alert })).toBe(1);
});

it('prune-alerts stops polling for alerts that have ended, where whoever ended them died before that', async () => {
  const em = api.ctx.orm.em.fork();
  const row = { kind: 'stock', everySeconds: 60, addedBy: null, createdAt: new Date(), polledAt: null } as const;
  await makeAlert(api, { id: 1 });
  for (const [symbol, forAlerts] of [
    ['AAPL', true],
    ['TSLA', true],
    ['IBM', false],
  ] as const)
    await em.upsert(WatchedSymbol, { ...row, symbol, forAlerts });
  const version = await api.ctx.market.watchlist.version();
  expect(await performJob(pruneAlerts, {}, api.ctx)).toEqual({ deleted: 1 });
  expect((await api.ctx.market.watchlist.all()).map(({ symbol }) => symbol)).toEqual(['AAPL', 'IBM']);
  expect(await api.ctx.market.watchlist.version()).not.toBe(version);
  expect(await performJob(pruneAlerts, {}, api.ctx)).toEqual({ deleted: 0 });
});
