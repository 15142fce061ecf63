import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { chromiumPath, openBrowser } from '../support/processes/browser.ts';
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
    const isScript = request.url?.endsWith('.js') ?? false;
    response.writeHead(200, { 'content-type': isScript ? 'text/javascript' : 'text/html' });
    response.end(
      isScript ? readFileSync(join(checkout.folder, 'clients/typescript/dist', request.url ?? '')) : '<!doctype html>',
    );
  });
});
afterAll(async () => {
  await site.close();
  await platform.stop();
  checkout[Symbol.dispose]();
});

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
  if (chromiumPath === undefined)
    return void process.stdout.write('the client in a browser: not run, there is no Chromium\n');
  const browser = await openBrowser(chromiumPath);
  await browser.page.goto(site.url);
  const done: unknown = await browser.page.evaluate(program(platform.url, await logIn(platform.url, 'demo')));
  await browser.close();
  expect(done).toEqual({
    states: expect.arrayContaining(['paid']),
    refused: 'unknown_product',
    event: { test: 2432232314 },
  });
});
