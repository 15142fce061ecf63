import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codingOf } from '../../../src/api/http/compress.ts';
import { openTestApi, type TestApi } from '../../support/api/test-api.ts';

it.each([
  ['gzip, deflate, br', 'br'],
  ['br;q=0.5, gzip', 'br'],
  ['GZIP', 'gzip'],
  ['br;q=0, gzip', 'gzip'],
  ['br; q=0.00', undefined],
  ['identity', undefined],
  ['brotli', undefined],
  ['', undefined],
  [undefined, undefined],
])('Accept-Encoding: %s is answered with %s', (accepted, coding) => {
  expect(codingOf(accepted)).toBe(coding);
});

describe('what is read', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await openTestApi();
  });
  afterAll(() => api.close());
  const read = (path: string, accepted?: string) =>
    api.send('GET', path, { headers: accepted === undefined ? {} : { 'accept-encoding': accepted } });

  it.each([
    ['br', brotliDecompressSync],
    ['gzip', gunzipSync],
  ] as const)('is packed as %s for whom understands it, and is the same unpacked', async (coding, unpack) => {
    const [plain, packed] = [await read('/openapi.json'), await read('/openapi.json', coding)];
    expect([plain.headers.get('content-encoding'), packed.headers.get('content-encoding')]).toEqual([null, coding]);
    expect(packed.headers.get('vary')).toContain('Accept-Encoding');
    const [whole, bytes] = [Buffer.from(await plain.arrayBuffer()), Buffer.from(await packed.arrayBuffer())];
    expect(bytes.length).toBeLessThan(whole.length / 4);
    expect(unpack(bytes).equals(whole)).toBe(true);
  });

  it('bears a tag that does not say the bytes are the same, and is known by it', async () => {
    const packed = await read('/openapi.json', 'gzip');
    const etag = packed.headers.get('etag') ?? '';
    expect(etag).toMatch(/^W\/"/);
    const again = await api.send('GET', '/openapi.json', {
      headers: { 'accept-encoding': 'gzip', 'if-none-match': etag },
    });
    expect(again.status).toBe(304);
  });

  it('is left as it is when it is small, a picture, or the answer to a write', async () => {
    for (const path of ['/auth/ping', '/docs/favicon-32x32.png'])
      expect((await read(path, 'br')).headers.get('content-encoding')).toBeNull();
    const write = await api.send('POST', '/orders', {
      as: 'demo',
      body: { items: Array.from({ length: 2 }, (_, index) => ({ product_id: index + 1, quantity: 1 })) },
      headers: { 'accept-encoding': 'br' },
    });
    expect([write.status, write.headers.get('content-encoding')]).toEqual([201, null]);
  });
});
