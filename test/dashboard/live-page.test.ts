import { hash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { formatPrice } from '../../src/market/price-words.ts';
import { StockQuote } from '../../src/entities/market.entity.ts';
import { insertRows } from '../../src/mysql/rows.ts';
import { type BrowserPage, chromiumPath, loseAnswer, openBrowser } from '../support/processes/browser.ts';
import { look } from '../support/processes/browser-look.ts';
import { openProxy, type Proxy } from '../support/upstreams/proxy.ts';
import { type Platform, startPlatform } from '../support/processes/platform.ts';
import { until } from '../support/processes/process.ts';
import { candlePixels, cutLabels } from '../support/page-scripts.ts';
import { visitorCases } from '../support/visitor-cases.ts';

let platform: Platform;
let proxy: Proxy;
let url: string;
let browser: BrowserPage | undefined;
beforeAll(async () => {
  platform = await startPlatform({
    env: {
      WATCHLIST: 'AAPL,MSFT,NVDA,BINANCE:BTCUSDT',
      FINNHUB_PER_MINUTE: '600',
      // Symbols are polled about as often as the copies that live longest go stale.
      QUOTE_TTL_SECONDS: '1',
      CRYPTO_TTL_SECONDS: '1',
    },
  });
  const { hostname, port } = new URL(platform.url);
  proxy = await openProxy(hostname, Number(port), (client, upstream) => void client.pipe(upstream).pipe(client));
  url = `http://127.0.0.1:${proxy.port}`;
  if (chromiumPath === undefined) return;
  browser = await openBrowser(chromiumPath);
  await browser.page.goto(url);
});
afterAll(async () => {
  await browser?.close();
  await proxy.close();
  await platform.stop();
});

/** The page in a real browser; without a browser the test says so and proves nothing. */
function opened(what: string): BrowserPage | undefined {
  if (!browser) process.stdout.write(`the live page, ${what}: not run, there is no Chromium\n`);
  return browser;
}

test('the page and its files come from the API, small, with a strict policy; the files are kept for ever', async () => {
  const answer = await fetch(platform.url);
  expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-cache']);
  const policy = answer.headers.get('content-security-policy') ?? '';
  expect(policy).not.toContain('unsafe');
  const html = await answer.text();
  // Its one style is in it, and allowed by its digest; so is the first price, once there is one.
  const [, style = ''] = /<style>(.+?)<\/style>/s.exec(html) ?? [];
  expect(policy).toContain(`style-src 'sha256-${hash('sha256', style, 'base64')}';`);
  const hasPrice = (page: string) => (/<p class="figure">\d/.test(page) ? true : undefined);
  await until('the first price', async () => hasPrice(await (await fetch(platform.url)).text()));
  expect(html).toContain('content="AAPL,BINANCE:BTCUSDT,MSFT,NVDA"');
  const paths = [...html.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, path]) => path ?? '');
  expect(paths.length).toBeGreaterThanOrEqual(2);
  let bytes = gzipSync(html).length;
  for (const path of paths) {
    const file = await fetch(`${platform.url}${path}`);
    expect(file.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    bytes += gzipSync(await file.bytes()).length;
  }
  expect(bytes).toBeLessThan(250 * 1_024);
  for (const path of ['/assets/nothing.js', '/assets/..%2findex.html', '/assets/.built-from'])
    expect((await fetch(`${platform.url}${path}`)).status).toBe(404);
});

test('prices move, and the chart has drawn the candles that are stored', async () => {
  const page = opened('prices')?.page;
  if (!page) return;
  const figure = page.locator('[data-price]');
  await figure.waitFor();
  // Prices may be there before their stream is.
  await until('it is live', async () => ((await liveText(page)) === 'Live' ? true : undefined));
  const before = await figure.getAttribute('data-price');
  const moved = async () => ((await figure.getAttribute('data-price')) === before ? undefined : true);
  await until('another price', moved);
  await until('candles on the chart', async () =>
    z.int().parse(await page.evaluate(candlePixels)) > 100 ? true : undefined,
  );
  for (const width of [360, 1280]) {
    await page.setViewportSize({ width, height: 900 });
    await until('no cut label', async () => ((await page.evaluate(cutLabels)) === 0 ? true : undefined));
  }
  await until('the newest candle is the stored one', async () =>
    (await newestShown(page)) === (await newestStored('1m')) ? true : undefined,
  );
});

test('the length of a candle is chosen by keyboard', async () => {
  const page = opened('candles')?.page;
  if (!page) return;
  await page.getByRole('radio', { name: '1 minute' }).focus();
  for (const [key, interval, words] of [
    ['ArrowRight', '5m', '5 minutes'],
    ['ArrowLeft', '1m', '1 minute'],
    ['ArrowLeft', '1d', '1 day'],
  ] as const) {
    await page.keyboard.press(key);
    await page.getByRole('figure', { name: `AAPL in candles of ${words}` }).waitFor();
    await until(`the stored candle of ${words}`, async () =>
      (await newestShown(page)) === (await newestStored(interval)) ? true : undefined,
    );
  }
  await page.keyboard.press('ArrowRight');
});

test('a range has candles that fit it, and the legend tells what is stored of the one under the keys or the mouse', async () => {
  const page = opened('ranges')?.page;
  if (!page) return;
  const past = [5, 5, 4, 3].map((minutes, index) => ({
    symbol: 'AAPL',
    source: 'finnhub',
    jobId: `past-${index}`,
    quotedAt: 1,
    current: 100 + index,
    observedAt: new Date(Date.now() - minutes * 60_000),
  }));
  await insertRows(platform.orm.em.fork(), StockQuote, past);
  await page.getByRole('radio', { name: 'the last 2 weeks' }).press('Space');
  await page.getByRole('figure', { name: 'AAPL in candles of 1 hour' }).waitFor();
  await page.getByRole('radio', { name: 'the last day' }).press('Space');
  await page.getByRole('radio', { name: '1 minute' }).press('Space');
  const legend = page.locator('.legend');
  await until('the newest candle', async () =>
    (await newestShown(page)) === (await newestStored('1m')) ? true : undefined,
  );
  expect(await legend.getAttribute('aria-label')).toBe('The newest 1 minute');
  const figures = async () => (await legend.locator('[data-figure]').allTextContents()).join();
  const storedAt = async () => {
    const t = Number(await legend.getAttribute('data-bar'));
    const { o, h, l, c, n } = (await storedBars('1m')).find((bar) => bar.t === t) ?? {};
    return [o, h, l, c]
      .map((price) => formatPrice(price ?? null))
      .concat(String(n))
      .join();
  };
  await page.getByRole('figure').focus();
  for (const key of ['ArrowLeft', 'ArrowLeft', 'ArrowLeft', 'ArrowRight']) await page.keyboard.press(key);
  await page.getByLabel('The candle that is looked at').waitFor();
  const looked = Number(await legend.getAttribute('data-bar'));
  expect(looked).toBeLessThan(Number((await storedBars('1m')).at(-1)?.t));
  await until('the stored figures', async () => ((await figures()) === (await storedAt()) ? true : undefined));
  await page.keyboard.press('Escape');
  await page.getByLabel('The newest 1 minute').waitFor();
  const { x, y, width, height } = (await page.locator('.canvas').boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
  let right = 0;
  await until('a candle under the mouse, somewhere from the right', async () => {
    right = (right + 8) % width;
    await page.mouse.move(x + width - right, y + height / 2);
    return (await legend.getAttribute('aria-label')) === 'The candle that is looked at' ? true : undefined;
  });
  await until('the stored figures', async () => ((await figures()) === (await storedAt()) ? true : undefined));
  await page.getByRole('heading', { name: 'AAPL' }).hover();
  await page.getByLabel('The newest 1 minute').waitFor();
});

test('an order placed on the page turns paid before the eyes of who placed it', async () => {
  const page = opened('orders')?.page;
  if (!page) return;
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByText('No orders yet').waitFor();
  await page.getByRole('button', { name: 'Place an order' }).click();
  await page.locator('.order[data-status=paid]').waitFor();
  expect(await page.locator('.order .total').textContent()).toBe('$100.00');
  expect(await page.locator('.order .status').textContent()).toBe('paid');
});

test('another symbol can be added by keyboard', async () => {
  const page = opened('keyboard')?.page;
  if (!page) return;
  await page.getByLabel('Symbol to watch').focus();
  await page.keyboard.type('tsla');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'TSLA' }).waitFor();
  expect(await page.getByRole('button', { name: /TSLA/ }).getAttribute('aria-pressed')).toBe('true');
  await page.getByRole('button', { name: /AAPL/ }).click();
});

test('it fits a phone and a desk, by day and by night, without an error or an outside request', async () => {
  const at = opened('sizes');
  if (!at) return;
  await look(at, 'live-page');
  expect(at.faults(url)).toEqual([]);
});

// From here on the browser itself reports failed requests as errors of the console.

test('the page comes back by itself when the API was away, and shows what happened meanwhile', async () => {
  const page = opened('outage')?.page;
  if (!page) return;
  const live = page.locator('[role=status]').first();
  await proxy.close();
  await until('the loss is shown', async () => ((await live.textContent()) === 'Reconnecting' ? true : undefined));
  expect((await platform.send('POST', '/orders', { products: [1] })).status).toBe(201);
  await proxy.open();
  await until('the order of meanwhile', async () =>
    (await page.locator('.order[data-status=paid]').count()) === 2 ? true : undefined,
  );
  await until('live again', async () => ((await live.textContent()) === 'Live' ? true : undefined));
  await page.locator('.orders .counted').getByText('4 events, 0 missed').waitFor();
  expect(await page.locator('.prices .counted').getAttribute('data-missed')).toBe('0');
});

test('a click whose answer gets lost, and the next one after a reload, place one order; the one after that another', async () => {
  const page = opened('lost answers')?.page;
  if (!page) return;
  const place = page.getByRole('button', { name: 'Place an order' });
  const before = await countOrders();
  await loseAnswer(page, '/orders');
  await place.click();
  await page.getByText('The server did not answer').waitFor();
  expect(await countOrders()).toBe(before + 1);
  await page.reload();
  await place.click();
  await page.getByText('It had been placed already').waitFor();
  expect(await countOrders()).toBe(before + 1);
  await place.click();
  await until('another order', async () => ((await countOrders()) === before + 2 ? true : undefined));
});

test('that the server did not answer is said no longer once it does', async () => {
  const page = opened('recovery')?.page;
  if (!page) return;
  await proxy.close();
  await page.getByRole('button', { name: 'Place an order' }).click();
  const said = page.locator('.orders').getByText('The server did not answer');
  await said.waitFor();
  await proxy.open();
  await said.waitFor({ state: 'detached' });
  const away = { status: 503, json: { code: 'unavailable', detail: 'The database did not answer.' } };
  await page.route('**/market/bars?*', (route) => route.fulfill(away));
  await page.getByRole('radio', { name: '1 hour' }).press('Space');
  const unread = page.getByText('The history could not be read. The database did not answer.');
  await unread.waitFor();
  await page.unroute('**/market/bars?*');
  await unread.waitFor({ state: 'detached' });
  await page.getByRole('radio', { name: '1 minute' }).press('Space');
  await until('live again', async () => ((await liveText(page)) === 'Live' ? true : undefined));
});

visitorCases((what) => opened(what));

test('what goes wrong is said in words: an unknown symbol, a wrong password', async () => {
  const page = opened('refusals')?.page;
  if (!page) return;
  await page.getByLabel('Symbol to watch').fill('ZZZNOTHING');
  await page.keyboard.press('Enter');
  await page.getByText(/The provider does not know .?ZZZNOTHING/).waitFor();
  await page.getByRole('button', { name: 'Log out' }).click();
  await page.getByLabel('Password').fill('wrong');
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByText('No account has this pair').waitFor();
});

const liveText = (page: BrowserPage['page']) => page.locator('[role=status]').first().textContent();

async function countOrders(): Promise<number> {
  const answer = await platform.send('GET', '/orders?limit=100');
  return z.object({ data: z.array(z.unknown()) }).parse(await answer.json()).data.length;
}

/** The newest candle on the page and in the API. */
const Candle = z.object({ t: z.int(), o: z.number(), h: z.number(), l: z.number(), c: z.number(), n: z.int() });
async function newestShown(page: BrowserPage['page']): Promise<string> {
  const shown = await page.locator('figure.chart').getAttribute('data-newest');
  return JSON.stringify(shown === null ? undefined : Candle.parse(JSON.parse(shown)));
}
async function newestStored(interval: string): Promise<string> {
  return JSON.stringify((await storedBars(interval)).at(-1));
}
async function storedBars(interval: string) {
  const answer = await fetch(`${platform.url}/market/bars?symbol=AAPL&interval=${interval}`);
  return z.object({ data: z.array(Candle) }).parse(await answer.json()).data;
}
