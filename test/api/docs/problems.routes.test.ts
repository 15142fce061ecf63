import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { problemCodes } from '../../../src/problem-codes.ts';
import { openTestApi, type TestApi } from '../../support/api/test-api.ts';
import { problemOf } from '../../support/api/problem-of.ts';

let api: TestApi;
beforeAll(async () => {
  api = await openTestApi();
});
afterAll(() => api.close());

describe('the page of a problem', () => {
  for (const [code, { status, title, cause, remedy }] of Object.entries(problemCodes))
    it(`${code} says what it is, why, and what to do`, async () => {
      const page = await api.send('GET', `/problems/${code}`, { headers: { accept: 'text/html,*/*' } });
      expect(page.headers.get('content-type')).toMatch(/^text\/html/);
      const text = await page.text();
      // What is a name is shown as one.
      const shown = (part: string) =>
        part
          .replaceAll('&', '&amp;')
          .replaceAll("'", '&#39;')
          .replaceAll(/`(.+?)`/g, '<code>$1</code>');
      for (const part of [code, String(status), title, cause, remedy]) expect(text).toContain(shown(part));
      const json = await api.send('GET', `/problems/${code}/`, { headers: { accept: 'application/json' } });
      expect(await json.json()).toEqual({ code, status, title, cause, remedy });
    });

  it('is there for known codes alone', async () => {
    for (const code of ['nope', 'toString', '__proto__', 'constructor'])
      expect(await problemOf(await api.send('GET', `/problems/${code}`))).toMatchObject({ code: 'not_found' });
  });

  it('and the list of all, and what is not there, are kept by caches for who takes the same alone', async () => {
    for (const path of ['/problems', '/problems/invalid', '/problems/nope', '/nope'])
      for (const accept of ['text/html', 'application/json', '*/*']) {
        const answer = await api.send('GET', path, { headers: { accept } });
        expect(answer.headers.get('vary'), `${path} ${accept}`).toBe('Origin, Accept');
      }
  });

  it('and the list of all come as the kind that is named, where any other is let pass with the same weight', async () => {
    const ofKind = [
      ['application/json, text/plain, */*', 'application/json'],
      ['application/json, */*', 'application/json'],
      ['application/problem+json;q=0.8, */*;q=0.8', 'application/json'],
      ['text/html, */*', 'text/html'],
      ['text/html, application/json', 'text/html'],
      ['*/*', 'text/html'],
    ] as const;
    for (const path of ['/problems', '/problems/invalid'])
      for (const [accept, kind] of ofKind) {
        const { headers } = await api.send('GET', path, { headers: { accept } });
        expect(headers.get('content-type')?.split(';')[0], `${path} ${accept}`).toBe(kind);
      }
  });

  it('is linked from the list of all', async () => {
    const page = await (await api.send('GET', '/problems')).text();
    for (const code of Object.keys(problemCodes)) expect(page).toContain(`href="/problems/${code}"`);
  });
});
