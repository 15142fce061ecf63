import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildApp } from '../../../src/api/app.ts';
import { readConfig } from '../../../src/config.ts';
import { ownData } from '../../support/stores/servers.ts';
import { openTestApi, type TestApi } from '../../support/api/test-api.ts';

const PUBLIC_URL = 'https://api.example';
let api: TestApi;
beforeAll(async () => {
  api = await openTestApi();
});
afterAll(() => api.close());

type Send = (method: string, path: string, init: Readonly<{ headers: Record<string, string> }>) => Promise<Response>;

/** The API as `env` would have it. */
async function apiWith(env: Readonly<Record<string, string>>): Promise<Send> {
  const app = await buildApp({ ...api.ctx, config: readConfig({ ...(await ownData()), ...env }) }, api.parts);
  return async (method, path, { headers }) => app.request(path, { method, headers });
}

const from = (origin: string) => ({ headers: { origin } });
const preflight = (origin: string) => ({
  headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' },
});

describe('a page of another origin', () => {
  it('on localhost may call while developing, and may read the headers that matter', async () => {
    const send = await apiWith({ NODE_ENV: 'development' });
    for (const origin of ['http://localhost:5173', 'http://127.0.0.1:3000', 'https://localhost']) {
      const answer = await send('GET', '/auth/ping', from(origin));
      expect(answer.headers.get('access-control-allow-origin')).toBe(origin);
      expect(answer.headers.get('access-control-allow-credentials')).toBe('true');
      const exposed = answer.headers.get('access-control-expose-headers')?.split(',');
      expect(exposed).toEqual(expect.arrayContaining(['Location', 'Retry-After', 'RateLimit', 'X-Request-Id', 'ETag']));
      const allowed = await send('OPTIONS', '/orders', preflight(origin));
      expect(allowed.status).toBe(204);
      expect(allowed.headers.get('access-control-allow-headers')).toMatch(/authorization/i);
      expect(allowed.headers.get('access-control-allow-headers')).toMatch(/idempotency-key/i);
      expect(allowed.headers.get('access-control-allow-methods')).toContain('POST');
    }
    const refusal = await send('GET', '/auth/me', from('http://localhost:5173'));
    expect(refusal.headers.get('access-control-allow-origin')).toBe('http://localhost:5173');
    for (const origin of ['https://evil.example', 'http://localhost.evil.example', 'null']) {
      const answer = await send('GET', '/auth/ping', from(origin));
      expect(answer.headers.get('access-control-allow-origin')).toBeNull();
      expect(answer.headers.get('vary')).toContain('Origin');
    }
  });

  it('may not call in production, localhost or not', async () => {
    const send = await apiWith({ NODE_ENV: 'production', PUBLIC_URL });
    for (const origin of ['http://localhost:5173', 'https://shop.example']) {
      const answer = await send('GET', '/auth/ping', from(origin));
      expect(answer.headers.get('access-control-allow-origin')).toBeNull();
      const refused = await send('OPTIONS', '/orders', preflight(origin));
      expect(refused.headers.get('access-control-allow-origin')).toBeNull();
    }
  });

  it('may call when CORS_ORIGINS names it, and then no other may', async () => {
    const send = await apiWith({
      NODE_ENV: 'production',
      PUBLIC_URL,
      CORS_ORIGINS: 'https://shop.example, https://admin.example',
    });
    const allowed = async (origin: string) =>
      (await send('GET', '/auth/ping', from(origin))).headers.get('access-control-allow-origin');
    expect(await allowed('https://admin.example')).toBe('https://admin.example');
    expect(await allowed('https://shop.example')).toBe('https://shop.example');
    expect(await allowed('https://other.example')).toBeNull();
    expect(await allowed('http://localhost:5173')).toBeNull();
  });
});
