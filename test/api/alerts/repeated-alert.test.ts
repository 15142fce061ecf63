import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PriceAlert } from '../../../src/entities/alerts.entity.ts';
import { Product } from '../../../src/entities/catalog.entity.ts';
import { alertsOf, openAlertApi } from '../../support/api/alerts.ts';
import { problemOf } from '../../support/api/problem-of.ts';
import type { TestApi } from '../../support/api/test-api.ts';
import { quoteName } from '../../support/api/market-kinds.ts';

let api: TestApi;
beforeAll(async () => {
  api = await openAlertApi();
});
afterAll(() => api.close());

const ask = (key: string, body: object) =>
  api.send('POST', '/market/alerts', { as: 'demo', body, headers: { 'idempotency-key': key } });

test('a repeated alert gets the first answer though what it orders is gone and the provider cannot be asked', async () => {
  await alertsOf(api);
  await api.ctx.orm.em.fork().insert(Product, { id: 3, title: 'A thing', priceMinor: 100, currency: 'USD', stock: 5 });
  const key = randomUUID();
  const body = { symbol: 'IBM', above: 1_000, order: { products: [3], max_total: 5 } };
  const first = await ask(key, body);
  const text = await first.text();
  expect(first.status).toBe(201);
  expect((await api.send('DELETE', '/products/3', { as: 'admin' })).status).toBe(204);
  const again = await ask(key, body);
  expect([again.status, again.headers.get('idempotent-replayed')]).toEqual([201, 'true']);
  expect(await again.text()).toBe(text);
  expect(await problemOf(await ask(key, { ...body, symbol: 'AAPL' }))).toMatchObject({
    code: 'idempotency_key_reused',
  });
  expect(await problemOf(await ask(randomUUID(), body))).toMatchObject({ code: 'unknown_product' });
  expect(await api.ctx.orm.em.fork().count(PriceAlert, { symbol: 'IBM' })).toBe(1);
});

test('a refusal by what is checked before frees the key', async () => {
  const [key, body] = [randomUUID(), { symbol: 'GONE', above: 1 }];
  await api.ctx.market.cache.markUnknown(quoteName('GONE'));
  expect(await problemOf(await ask(key, body))).toMatchObject({ code: 'unknown_symbol' });
  expect((await ask(key, { ...body, symbol: 'AAPL' })).status).toBe(201);
});
