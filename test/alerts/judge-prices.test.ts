import { afterAll, beforeAll, expect, it } from 'vitest';
import { JudgedSymbol } from '../../src/entities/alerts.entity.ts';
import { alertsOf, openAlertApi } from '../support/api/alerts.ts';
import type { TestApi } from '../support/api/test-api.ts';
import { storePrices } from '../support/load/store-prices.ts';

let api: TestApi;
let alerts: Awaited<ReturnType<typeof alertsOf>>;
beforeAll(async () => {
  api = await openAlertApi();
  alerts = await alertsOf(api);
});
afterAll(() => api.close());

const hourMs = 3_600_000;
async function store(symbol: string, ...observed: readonly (readonly [price: number, aheadMs: number])[]) {
  const atMs = Date.now();
  const prices = observed.map(([price, aheadMs]) => ({ symbol, price, asOf: new Date(atMs + aheadMs) }));
  await storePrices(api.ctx.transaction, prices);
}

it('a price that a clock stored which is an hour ahead silences none that follows', async () => {
  const { id } = await alerts.make({ symbol: 'NVDA', above: 100 });
  await store('NVDA', [90, hourMs]);
  await alerts.judge();
  await store('NVDA', [150, 0]);
  await alerts.judge();
  expect(await alerts.pricesOf(id)).toEqual([150]);
});

it('nor does it those of its own round, of which one that comes late fires nothing', async () => {
  const { id } = await alerts.make({ symbol: 'AMD', above: 100 });
  await store('AMD', [90, hourMs], [150, -20], [95, 2 * hourMs], [160, -10], [90, -10], [170, -15], [180, -10]);
  await alerts.judge();
  expect(await alerts.pricesOf(id)).toEqual([150, 160, 180]);
});

it('nor does one that was noted as the newest', async () => {
  const em = () => api.ctx.orm.em.fork();
  const { id } = await alerts.make({ symbol: 'IBM', above: 100 });
  await em().upsert(JudgedSymbol, { symbol: 'IBM', asOf: new Date(Date.now() + hourMs) });
  await alerts.prices('IBM', 90, 150);
  expect(await alerts.pricesOf(id)).toEqual([150]);
  expect((await em().findOneOrFail(JudgedSymbol, 'IBM')).asOf.getTime()).toBeLessThanOrEqual(Date.now());
});
