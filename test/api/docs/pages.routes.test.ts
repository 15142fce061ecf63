import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestApi, type TestApi } from '../../support/api/test-api.ts';
import { problemOf } from '../../support/api/problem-of.ts';

let api: TestApi;
beforeAll(async () => {
  api = await openTestApi();
});
afterAll(() => api.close());

describe('the page at /docs', () => {
  it('asks no other site for anything, and may not', async () => {
    const page = await api.send('GET', '/docs');
    const text = await page.text();
    expect(text).not.toMatch(/https?:\/\/|src="\/\//);
    expect(text).not.toMatch(/<script(?![^>]*\bsrc=)/);
    const policy = page.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("script-src 'self';");
    expect(policy).toContain("connect-src 'self';");
  });

  it('names files that are there', async () => {
    const text = await (await api.send('GET', '/docs')).text();
    const files = [...text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, file]) => file ?? '');
    expect(files.filter((file) => file.endsWith('.js'))).toHaveLength(2);
    for (const file of files) {
      const answer = await api.send('GET', file);
      expect(answer.status, file).toBe(200);
      expect((await answer.arrayBuffer()).byteLength).toBeGreaterThan(100);
    }
  });

  it('shows the description that this API serves', async () => {
    expect(await (await api.send('GET', '/pages/docs.js')).text()).toContain("url: '/openapi.json'");
  });
});

it('no file is served that is not on a list', async () => {
  for (const path of [
    '/docs/package.json',
    '/docs/index.html',
    '/pages/login.html',
    '/pages/..%2fapp.ts',
    '/pages/app.ts',
  ])
    expect(await problemOf(await api.send('GET', path)), path).toMatchObject({ code: 'not_found' });
});
