import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestApi, type TestApi } from '../../support/api/test-api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await openTestApi({
    PUBLIC_URL: 'https://shop.example/api//',
    PUBLIC_PRODUCT_API: 'http://127.0.0.1:9/products',
    FINNHUB_API_KEY: 'none',
    FINNHUB_BASE_URL: 'http://127.0.0.1:9',
  });
});
afterAll(() => api.close());

const account = { password: 'a long sentence', name: 'Ada Example' };

describe('behind PUBLIC_URL with a path of its own, and slashes at its end', () => {
  it.each([
    ['POST', '/orders', { products: [1] }],
    ['POST', '/products', { title: 'Mug', price: 4 }],
    ['POST', '/users', { ...account, email: 'ada@example.com' }],
    ['POST', '/auth/register', { ...account, email: 'eve@example.com' }],
    ['POST', '/products/sync', undefined],
    ['GET', '/market/quote?symbol=AAPL', undefined],
    ['GET', '/market/news?symbol=AAPL', undefined],
    ['GET', '/market/search?q=apple', undefined],
  ])('%s %s gives a Location under it, also when it is asked again', async (method, path, body) => {
    const headers = { prefer: 'wait=0', 'idempotency-key': path.slice(0, 200) };
    const found =
      path === '/auth/register' ? '/users' : path.includes('market') || path.includes('sync') ? '/jobs' : path;
    for (const as of path === '/auth/register' ? [undefined] : (['admin', 'admin'] as const)) {
      const answer = await api.send(method, path, {
        headers,
        ...(as === undefined ? {} : { as }),
        ...(body === undefined ? {} : { body }),
      });
      expect([201, 202]).toContain(answer.status);
      expect(answer.headers.get('location')).toMatch(new RegExp(`^https://shop\\.example/api${found}/[\\w-]+$`));
    }
  });

  it('problems have their pages there', async () => {
    const problem: unknown = await (await api.send('GET', '/nope')).json();
    expect(problem).toMatchObject({ type: 'https://shop.example/api/problems/not_found' });
  });
});
