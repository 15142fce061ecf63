import { randomUUIDv7 } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DeadLetter } from '../../src/entities/dead-letter.entity.ts';
import { type BrowserPage, chromiumPath, openBrowser } from '../browser.ts';
import { look } from '../browser-look.ts';
import { type Platform, startPlatform } from '../platform.ts';
import { until } from '../process.ts';
import { accounts } from '../test-context.ts';

let platform: Platform;
let browser: BrowserPage | undefined;
beforeAll(async () => {
  platform = await startPlatform({
    env: {
      WATCHLIST: 'AAPL,MSFT,NVDA,BINANCE:BTCUSDT',
      FINNHUB_PER_MINUTE: '600',
      SANDBOX_CONTROL_URL: 'http://127.0.0.1:9/',
    },
  });
  if (chromiumPath === undefined) return;
  browser = await openBrowser(chromiumPath);
  await browser.page.goto(platform.url);
});
afterAll(async () => {
  await browser?.close();
  await platform.stop();
});

/** The page in a real browser; without a browser the test says so and proves nothing. */
function opened(what: string): BrowserPage | undefined {
  if (!browser) process.stdout.write(`the operators' view, ${what}: not run, there is no Chromium\n`);
  return browser;
}

test('who is no operator is not offered the view; everybody can use the login', async () => {
  const at = opened('login');
  if (!at) return;
  await at.page.getByRole('button', { name: 'Log in' }).waitFor();
  await look(at, 'login');
  expect(await at.page.getByRole('button', { name: 'Operations' }).count()).toBe(0);
});

test('an order opens to its history, and an administrator can refund it', async () => {
  const at = opened('order');
  if (!at) return;
  await at.page.getByLabel('E-mail').fill(accounts.admin.email);
  await at.page.getByLabel('Password').fill(accounts.admin.password);
  await at.page.getByRole('button', { name: 'Log in' }).click();
  await at.page.getByRole('button', { name: 'Place an order' }).click();
  await at.page.locator('.order[data-status=paid]').waitFor();
  await at.page.getByRole('button', { name: /^More about/ }).click();
  await at.page.getByText('announced as order.paid').waitFor();
  await look(at, 'order');
  await at.page.getByRole('button', { name: 'Refund' }).click();
  await at.page.locator('.order[data-status=refunded]').waitFor();
  await at.page.getByText('announced as order.refunded').waitFor();
});

test('the figures are those of the queues: a pause shows, and so does what waits because of it', async () => {
  const at = opened('queues');
  if (!at) return;
  await at.page.getByRole('button', { name: 'Operations' }).click();
  const payments = at.page.locator('[data-queue=payments]');
  await payments.getByText('Running', { exact: true }).first().waitFor();
  await platform.send('POST', '/payments/stop', undefined, 'admin');
  await payments.getByText('Paused').waitFor();
  expect((await platform.send('POST', '/orders', { products: [1] })).status).toBe(201);
  await until('one waits', async () =>
    (await payments.locator('.depth').textContent()) === '1 waiting' ? true : undefined,
  );
  await platform.send('POST', '/payments/start', undefined, 'admin');
  await until('none waits', async () =>
    (await payments.locator('.depth').textContent()) === '0 waiting' ? true : undefined,
  );
});

test('an administrator sees what is polled, adds to it and takes away, and is told what does not fit', async () => {
  const at = opened('watchlist');
  if (!at) return;
  const watched = at.page.locator('[data-watched]');
  await watched.first().waitFor();
  expect(await watched.count()).toBe(4);
  await at.page.getByLabel('Poll symbol').fill('tsla');
  await at.page.getByLabel('Every, seconds').fill('30');
  await at.page.keyboard.press('Enter');
  await at.page.locator('[data-watched=TSLA]').getByText('every 30 s').waitFor();
  await at.page.getByRole('button', { name: 'Stop polling MSFT' }).click();
  await at.page.locator('[data-watched=MSFT]').waitFor({ state: 'detached', timeout: 10_000 });
  const listed = await (await platform.send('GET', '/market/watchlist', undefined, 'admin')).text();
  expect(listed).toContain('"TSLA"');
  expect(listed).not.toContain('"MSFT"');
});

test('the view leads on: to each queue in Bull Board, and to the switches of the sandbox', async () => {
  const at = opened('links');
  if (!at) return;
  const queue = at.page.locator('[data-queue=payments] a');
  expect(await queue.getAttribute('href')).toBe('/admin/queues/queue/payments');
  const sandbox = at.page.getByRole('link', { name: /sandbox/ });
  expect(await sandbox.getAttribute('href')).toBe('http://127.0.0.1:9/');
});

test('a job that gave up is shown with its reason, and replayed by a button', async () => {
  const at = opened('dead letters');
  if (!at) return;
  const letter = { id: randomUUIDv7(), kind: 'sync-products', jobId: randomUUIDv7(), payload: '{}' };
  const why = { reason: 'GiveUp: the feed is no list of products', attempts: 4, diedAt: new Date() };
  await platform.orm.em.fork().insert(DeadLetter, { ...letter, ...why });
  await at.page.getByText(why.reason).waitFor();
  await look(at, 'operations');
  await at.page.getByRole('button', { name: 'Replay sync-products' }).click();
  await at.page.getByText('No job has given up.').waitFor();
  const kept = await platform.orm.em.fork().findOneOrFail(DeadLetter, { id: letter.id });
  expect(kept.replayedAt).not.toBeNull();
  expect(at.faults(platform.url)).toEqual([]);
});
