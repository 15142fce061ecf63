import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { UpstreamFault } from '../../../src/gateways/http/fetch-json.ts';
import { type Answer, openProvider, type Provider, recorded, says } from '../../support/upstreams/finnhub-provider.ts';

let provider: Provider;
beforeAll(async () => {
  provider = await openProvider();
});
afterAll(() => provider.close());

const ask: Provider['ask'] = (...given) => provider.ask(...given);

test.each([
  ['a text for a price', '{"c":"308","h":1,"l":1,"o":1,"pc":1,"t":1}'],
  ['a negative price', '{"c":-1,"h":1,"l":1,"o":1,"pc":1,"t":1}'],
  ['a fraction of a second', '{"c":1,"h":1,"l":1,"o":1,"pc":1,"t":1.5}'],
  ['an infinite price', '{"c":1e999,"h":1,"l":1,"o":1,"pc":1,"t":1}'],
  ['null', 'null'],
  ['an error with status 200', '{"error":"You don\'t have access to this resource."}'],
])('%s is a fault, not a price', async (_name, body) => {
  expect((await ask(says(200, body))).error).toBeInstanceOf(UpstreamFault);
});

test.each([
  ['HTML with status 200', says(200, '<html>busy</html>', { 'content-type': 'text/html' })],
  ['JSON cut short', says(200, recorded('quote-AAPL').slice(0, 40))],
  ['an empty body', says(200, '')],
  ['an unknown status', says(418, '{}')],
])('%s is a fault', async (_name, given) => {
  expect((await ask(given)).error).toBeInstanceOf(UpstreamFault);
});

test('a redirect is not followed, wherever it leads: the key goes nowhere else', async () => {
  const paths: (string | undefined)[] = [];
  const { error } = await ask((response, request) => {
    paths.push(request.url);
    if (request.url === '/elsewhere') says(200, recorded('quote-AAPL'))(response, request);
    else says(302, '', { location: '/elsewhere' })(response, request);
  });
  expect(error).toBeInstanceOf(UpstreamFault);
  expect(paths).toEqual(['/api/v1/quote?symbol=BRK.B']);
});

test('a wrong content type does not matter when the body is a quote', async () => {
  const { quote } = await ask(says(200, recorded('quote-AAPL'), { 'content-type': 'text/plain' }));
  expect(quote?.c).toBe(308.82);
});

test('fifty megabytes are cut off as soon as they are more than a quote can have', async () => {
  let sent = 0;
  const { error } = await ask((response) => {
    const chunk = Buffer.alloc(256 * 1024, ' ');
    const more = () => {
      while (sent < 50 * 1024 * 1024 && !response.destroyed) {
        sent += chunk.length;
        if (!response.write(chunk)) return void response.once('drain', more);
      }
      response.end();
    };
    more();
  });
  expect(error).toBeInstanceOf(UpstreamFault);
  expect(String(error)).toContain('more than');
  expect(sent).toBeLessThan(20 * 1024 * 1024);
});

test('a small gzip of fifty megabytes is cut off too', async () => {
  const bomb = gzipSync(Buffer.alloc(50 * 1024 * 1024));
  expect(bomb.length).toBeLessThan(100_000);
  const { error } = await ask(says(200, bomb, { 'content-encoding': 'gzip' }));
  expect(String(error)).toContain('more than');
});

test('a body that drips is waited for no longer than the signal allows, and nor is a silence', async () => {
  const drip: Answer = (response) => {
    response.writeHead(200).flushHeaders();
    const timer = setInterval(() => response.write(' '), 10);
    response.on('close', () => clearInterval(timer));
  };
  for (const given of [drip, () => {}] satisfies Answer[]) {
    const { error } = await ask(given, AbortSignal.timeout(150));
    expect(error).toBeInstanceOf(UpstreamFault);
  }
});

test('no message names the address or the key', async () => {
  for (const given of [says(500, '{}'), says(200, 'x'), says(302, ''), says(403, '{}')]) {
    const { error } = await ask(given);
    expect(String(error)).not.toMatch(/k-secret|127\.0\.0\.1|BRK/);
  }
});
