import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type BrowserPage, chromiumPath, openBrowser } from '../support/processes/browser.ts';
import { type Checkout, makeCheckout } from '../support/processes/checkout.ts';
import { logIn, type Platform, startPlatform } from '../support/processes/platform.ts';
import { listen, type LocalServer } from '../support/upstreams/local-server.ts';

let checkout: Checkout;
let platform: Platform;
let site: LocalServer;
beforeAll(async () => {
  checkout = makeCheckout();
  checkout.run('npx tsc -p clients/typescript');
  platform = await startPlatform();
  // A site of somebody else's, as an origin that the API allows.
  site = await listen((request, response) => {
    const { contentType, body } = fileAt(request.url ?? '');
    response.writeHead(200, { 'content-type': contentType });
    response.end(body);
  });
});
afterAll(async () => {
  await site.close();
  await platform.stop();
  checkout[Symbol.dispose]();
});

/** A page without anything in it, and the client's files. */
function fileAt(path: string) {
  if (!path.endsWith('.js')) return { contentType: 'text/html', body: '<!doctype html>' };
  return {
    contentType: 'text/javascript',
    body: readFileSync(join(checkout.folder, 'clients/typescript/dist', path), 'utf8'),
  };
}

/** A browser; without one it is said that nothing is proved. */
async function browse(): Promise<BrowserPage | undefined> {
  if (chromiumPath !== undefined) return openBrowser(chromiumPath);
  process.stdout.write('the client in a browser: not run, there is no Chromium\n');
  return undefined;
}

/** What the page does, as a script of it would. */
const program = (url: string, key: string) => `(async () => {
  const { openOrderflow } = await import('/src/orderflow.js');
  const { verifyWebhook } = await import('/src/webhooks.js');
  const orderflow = openOrderflow({ url: '${url}', key: '${key}' });
  const { id } = await orderflow.placeOrder({ body: { products: [1] } });
  const states = [];
  for await (const { status } of orderflow.watchOrder(id)) states.push(status);
  const refused = await orderflow.placeOrder({ body: { products: [99999] } }).catch(({ code }) => code);
  const event = await verifyWebhook({
    headers: {
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    },
    body: '{"test": 2432232314}',
    secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    now: new Date(1614265330000),
  });
  return { states, refused, event };
})()`;

it('orders, watches and verifies in a real browser, from another origin', async () => {
  const browser = await browse();
  if (!browser) return;
  await browser.page.goto(site.url);
  const done: unknown = await browser.page.evaluate(program(platform.url, await logIn(platform.url, 'demo')));
  await browser.close();
  expect(done).toEqual({
    states: expect.arrayContaining(['paid']),
    refused: 'unknown_product',
    event: { test: 2432232314 },
  });
});

const orderTwice = `(async () => {
  const { openOrderflow } = await import('/src/orderflow.js');
  const { placeOrder } = openOrderflow();
  for (let count = 0; count < 2; count += 1) await placeOrder({ body: { products: [1] } });
  return isSecureContext;
})()`;

it('names each order anew on a page that came over plain HTTP from another machine', async () => {
  const browser = await browse();
  if (!browser) return;
  const { page } = browser;
  const keys: (string | null)[] = [];
  await page.route('http://192.168.0.2/**', async (route) => {
    const request = route.request();
    const { pathname } = new URL(request.url());
    if (pathname !== '/orders') return route.fulfill(fileAt(pathname));
    keys.push(await request.headerValue('idempotency-key'));
    return route.fulfill({ status: 201, json: {} });
  });
  await page.goto('http://192.168.0.2/');
  const isSecure: unknown = await page.evaluate(orderTwice);
  await browser.close();
  expect(isSecure).toBe(false);
  expect(new Set(keys).size).toBe(2);
  for (const key of keys) expect(key).toMatch(/^[\da-f]{32}$/);
});
