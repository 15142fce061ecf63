import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildApp, loadRoutes } from '../../../src/api/app.ts';
import { openTestApi, type TestApi } from '../../support/api/test-api.ts';

const routes = await loadRoutes();
const paths = [...new Set(routes.map(({ route }) => route.path.replace(/\{\w+\}/, '1'))), '/nope', '/admin/queues'];

let api: TestApi;
beforeAll(async () => {
  api = await openTestApi();
});
afterAll(() => api.close());

describe.each(paths)('%s', (path) => {
  it('says to browsers what they may do with it, whoever asks', async () => {
    for (const as of [undefined, 'admin'] as const) {
      const answer = await api.send('GET', path, as ? { as } : {});
      await answer.body?.cancel();
      expect(Object.fromEntries(answer.headers)).toMatchObject({
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'referrer-policy': 'no-referrer',
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
        'permissions-policy': expect.stringContaining('payment=()'),
        'content-security-policy': expect.stringContaining("default-src 'none'"),
        'x-request-id': expect.stringMatching(/^[\da-f-]{36}$/),
      });
      const policy = answer.headers.get('content-security-policy') ?? '';
      expect(policy).toContain("frame-ancestors 'none'");
      expect(/script-src[^;]*unsafe|script-src[^;]*http|default-src[^;]*\*/.exec(policy)).toBeNull();
      for (const told of ['server', 'x-powered-by']) expect(answer.headers.has(told)).toBe(false);
    }
  });
});

it('an answer for one person is kept by no cache', async () => {
  for (const path of ['/orders', '/auth/me', '/payments', '/auth/tokens'])
    expect((await api.send('GET', path, { as: 'demo' })).headers.get('cache-control')).toBe('no-store');
});

it('behind TLS, browsers are told to stay there', async () => {
  const { config } = api.ctx;
  const app = await buildApp({ ...api.ctx, config: { ...config, publicUrl: 'https://shop.example' } }, api.parts);
  const told = async (on: typeof app) => (await on.request('/docs')).headers.get('strict-transport-security');
  expect(await told(app)).toBe('max-age=31536000');
  const asked = { ...config, publicUrl: 'https://shop.example', HSTS_SUBDOMAINS: 'true' } as const;
  expect(await told(await buildApp({ ...api.ctx, config: asked }, api.parts))).toBe(
    'max-age=31536000; includeSubDomains',
  );
  expect((await api.send('GET', '/docs')).headers.has('strict-transport-security')).toBe(false);
});
