import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { openWatchedPlatform, type WatchedPlatform } from '../support/console/watched-platform.ts';
import type { BrowserPage } from '../support/processes/browser.ts';
import type { Platform } from '../support/processes/platform.ts';
import { untilFollowers } from '../support/processes/followers.ts';
import { until } from '../support/processes/process.ts';
import { visibility } from '../support/page-scripts.ts';
import { appendEvents } from '../support/stores/append-events.ts';
import { orders } from '../../src/streams/orders.stream.ts';

let watched: WatchedPlatform;
let platform: Platform;
beforeAll(async () => {
  watched = await openWatchedPlatform();
  ({ platform } = watched);
});
afterAll(() => watched.close());

/** The page in a real browser; without a browser the test says so and proves nothing. */
function opened(what: string): BrowserPage | undefined {
  const { browser } = watched;
  if (!browser) process.stdout.write(`nothing missed, ${what}: not run, there is no Chromium\n`);
  return browser;
}

let placed = 0;
async function place(count: number): Promise<void> {
  await Promise.all(Array.from({ length: count }, () => watched.place()));
  placed += count;
}

/** Every order makes two events, and shows once, paid; the counters of both streams say that nothing is missing. */
async function expectAllSeen({ page }: BrowserPage): Promise<void> {
  const counted = page.locator('.orders .counted');
  let said: string | null = '';
  await until(
    () => `${placed} orders and their ${placed * 2} events; the page says ${said}`,
    async () => {
      said = await counted.textContent();
      return said === `${placed * 2} events, 0 missed` ? true : undefined;
    },
  );
  await until('all paid', async () =>
    (await page.locator('.order[data-status=paid]').count()) === placed ? true : undefined,
  );
  expect(await page.locator('.order').count()).toBe(placed);
  const prices = page.locator('.prices .counted');
  const events = async () => Number(await prices.getAttribute('data-events'));
  const before = await events();
  await until('prices that move again', async () => ((await events()) > before + 2 ? true : undefined));
  expect(await prices.getAttribute('data-missed')).toBe('0');
}

test('Redis is emptied while orders are being paid and the page is open: it misses nothing', async () => {
  const at = opened('an emptied Redis');
  if (!at) return;
  await place(3);
  await platform.redis.flushall();
  await place(3);
  await expectAllSeen(at);
});

test('the API is killed with orders on their way, and Redis emptied before it is back: the page resumes and misses nothing', async () => {
  const at = opened('a killed API');
  if (!at) return;
  await place(3);
  await platform.apis[0]?.signal('SIGKILL');
  await platform.redis.flushall();
  await watched.restartApi();
  await place(2);
  await expectAllSeen(at);
  await at.page.locator('.live[data-state=live]').waitFor();
});

test('with Redis frozen nothing is called live: the head names it, and every price bears its age', async () => {
  const page = opened('a frozen Redis')?.page;
  if (!page) return;
  await platform.redisServer?.process().signal('SIGSTOP');
  await page.locator('.live').getByText('Redis does not answer').waitFor();
  for (const source of ['prices', 'orders'])
    await page.locator(`[data-source=${source}]`, { hasText: 'standing still' }).waitFor();
  for (const symbol of ['AAPL', 'BTC'])
    await page
      .locator('.row', { hasText: symbol })
      .getByText(/^\d+ s old$/)
      .waitFor();
  await page.locator('.detail .age').waitFor();
  await page.locator('.why-old').getByText('Redis does not answer: prices stand still.').waitFor();
  await platform.redisServer?.process().signal('SIGCONT');
  await page.locator('.live').getByText('Live', { exact: true }).waitFor();
  await page.locator('.row .age').first().waitFor({ state: 'detached' });
});

test('while the provider of prices is away the head says so, and every price bears its age', async () => {
  const page = opened('a provider that is away')?.page;
  if (!page) return;
  await platform.sandbox.fault({ target: 'finnhub', kind: '5xx', seconds: 600 });
  await page.locator('.live').getByText('The provider of prices does not answer').waitFor();
  await page
    .locator('.row', { hasText: 'AAPL' })
    .getByText(/^\d+ s old$/)
    .waitFor();
  // Why AAPL's price is old is a question without a click.
  await page.locator('.why-old').getByText('The provider of prices does not answer.').waitFor();
  await platform.sandbox.clearFaults();
  await page.locator('.live').getByText('Live', { exact: true }).waitFor();
  await page.locator('.row .age').first().waitFor({ state: 'detached' });
  await page.locator('.why-old').waitFor({ state: 'detached' });
});

test('while the gateway is away the head says so, and an opened order shows how it is asked and asked again', async () => {
  const page = opened('a gateway that is away')?.page;
  if (!page) return;
  await platform.sandbox.fault({ target: 'stripe', kind: '5xx', seconds: 600 });
  await place(1);
  const order = page.locator('.order').first();
  await page.locator('.live').getByText('The payment gateway does not answer').waitFor();
  await page.locator('[data-source=gateway]', { hasText: 'does not answer' }).waitFor();
  await order.getByRole('button', { name: /^More about/ }).click();
  const talks = order.locator('[data-type=gateway_call]');
  const before = await talks.count();
  await order.getByText('The gateway has not said whether it was charged').waitFor();
  await until('two more tries', async () => ((await talks.count()) >= before + 2 ? true : undefined));
  await platform.sandbox.clearFaults();
  await page.locator('.live').getByText('Live', { exact: true }).waitFor();
  await order.getByText('asked the gateway to charge: succeeded').waitFor();
});

test('a page that nobody sees follows nothing, and seen again shows what has happened, of which it calls nothing missed', async () => {
  const page = opened('a hidden page')?.page;
  if (!page) return;
  await untilFollowers(platform, 2);
  await page.locator('figure.chart canvas').first().waitFor();
  await page.evaluate("document.querySelector('figure.chart canvas').id = 'drawn'");
  await page.evaluate(visibility('hidden'));
  await untilFollowers(platform, 0);
  const market = await platform.redis.xlen('market');
  const answer = await platform.send('POST', '/orders', { products: [1] });
  const { id } = z.object({ id: z.string() }).parse(await answer.json());
  await until('prices of meanwhile', async () =>
    (await platform.redis.xlen('market')) > market + 3 ? true : undefined,
  );
  const past = page.waitForResponse(/\/market\/bars\?/);
  await page.evaluate(visibility('visible'));
  await past;
  await page.locator(`[data-order="${id}"][data-status=paid]`).waitFor();
  await untilFollowers(platform, 2);
  expect((await platform.send('POST', `/orders/${id}/refund`, {}, 'admin')).status).toBe(202);
  await page.locator(`[data-order="${id}"][data-status=refunded]`).waitFor();
  // Nobody's place in the chart is taken from him.
  expect(await page.locator('#drawn').count()).toBe(1);
  const prices = page.locator('.prices .counted');
  const events = async () => Number(await prices.getAttribute('data-events'));
  const before = await events();
  await until('prices that move again', async () => ((await events()) > before + 3 ? true : undefined));
  const ofOrders = page.locator('.orders .counted');
  for (const counted of [prices, ofOrders]) expect(await counted.getAttribute('data-missed')).toBe('0');
  // What begins from now on, and does not come from its beginning, is missed as before.
  await appendEvents(platform.redis, orders, 'order.paid', 1, { user_id: 1 }, { version: '2' });
  await ofOrders.and(page.locator('[data-missed="1"]')).waitFor();
});
