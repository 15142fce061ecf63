import { randomUUIDv7 } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { DeadLetter } from '../../src/entities/ops.entity.ts';
import { Order } from '../../src/entities/orders.entity.ts';
import { GatewayCall } from '../../src/entities/payments.entity.ts';
import { type BrowserPage, chromiumPath, loseAnswer, openBrowser } from '../support/processes/browser.ts';
import { look } from '../support/processes/browser-look.ts';
import { type Platform, startPlatform } from '../support/processes/platform.ts';
import { until } from '../support/processes/process.ts';
import { accounts } from '../support/api/test-api.ts';
import { atOnceCases } from '../support/console/at-once-cases.ts';
import { bury } from '../support/console/console.ts';
import { tickCases } from '../support/console/tick-cases.ts';

let platform: Platform;
let browser: BrowserPage | undefined;
beforeAll(async () => {
  platform = await startPlatform({
    hasTicks: true,
    env: {
      WATCHLIST: 'AAPL,MSFT,NVDA,BINANCE:BTCUSDT',
      FINNHUB_PER_MINUTE: '600',
      JOBS_PER_TENANT: '2',
      PAYMENTS_SHARDS: '2',
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
  expect(await at.page.getByRole('link', { name: 'Operations' }).count()).toBe(0);
});

test('an order opens to its history, and an administrator can refund it', async () => {
  const at = opened('order');
  if (!at) return;
  await at.page.getByLabel('E-mail').fill(accounts.admin.email);
  await at.page.getByLabel('Password').fill(accounts.admin.password);
  await at.page.getByRole('button', { name: 'Log in' }).click();
  await at.page.getByRole('button', { name: 'Place an order' }).click();
  const paid = at.page.locator('.order[data-status=paid]');
  await paid.waitFor();
  const order = (await paid.getAttribute('data-order')) ?? '';
  const heard = { id: randomUUIDv7(), order, subjectId: order, operation: 'webhook' as const, startedAt: new Date() };
  const ended = { endedAt: new Date(), outcome: 'unknown', detail: null };
  // More than a page of them: what came last is to be seen all the same.
  const tries = Array.from({ length: 120 }, () => ({
    ...heard,
    ...ended,
    id: randomUUIDv7(),
    operation: 'look_up' as const,
  }));
  await platform.orm.em.fork().insertMany(GatewayCall, tries);
  await platform.orm.em.fork().insert(GatewayCall, { ...heard, ...ended, outcome: 'succeeded' });
  await at.page.getByRole('button', { name: /^More about/ }).click();
  await at.page.getByText('announced as order.paid').waitFor();
  await at.page.getByText('heard from the gateway: succeeded').waitFor();
  await look(at, 'order');
  await at.page.getByRole('button', { name: 'Refund' }).click();
  await at.page.getByRole('button', { name: 'Give back $100.00' }).click();
  await at.page.getByRole('button', { name: 'Yes' }).click();
  await at.page.locator('.order[data-status=refunded]').waitFor();
  await at.page.getByText('announced as order.refunded').waitFor();
  expect(await at.page.getByRole('button', { name: 'Refund' }).count()).toBe(0);
  // The button that had the focus is gone.
  expect(await at.page.locator(':focus').textContent()).toBe('Less');
});

test('an administrator sees everybody’s orders move, and an opened one stays although twenty newer ones come', async () => {
  const at = opened('everybody');
  if (!at) return;
  const id = await place();
  const order = at.page.locator(`[data-order="${id}"]`);
  await at.page.locator(`[data-order="${id}"][data-status=paid]`).waitFor();
  await order.getByRole('button', { name: /^More about/ }).click();
  const refund = order.getByRole('button', { name: 'Refund' });
  await refund.waitFor();
  const last = await placeMany(21);
  await at.page.locator(`[data-order="${last}"][data-status=paid]`).waitFor();
  expect(await order.getByText('announced as order.paid').count()).toBe(1);
  expect((await platform.send('POST', `/orders/${id}/refund`, {}, 'admin')).status).toBe(202);
  await at.page.locator(`[data-order="${id}"][data-status=refunded]`).waitFor();
  await order.getByText('announced as order.refunded').waitFor();
  expect(await refund.count()).toBe(0);
  await order.getByRole('button', { name: /^Less about/ }).click();
});

tickCases(
  (what) => opened(what),
  () => platform,
);

test('money has the decimals that ISO 4217 gives its currency, whatever the browser thinks', async () => {
  const at = opened('money');
  if (!at) return;
  const totals = [
    ['HUF', 1_892_550, '18,925.50'],
    ['IDR', 150_000_000, '1,500,000.00'],
    ['JPY', 1_500, '1,500'],
    ['KWD', 1_234_500, '1,234.500'],
  ] as const;
  const row = { user: 1, status: 'paid' as const, createdAt: new Date(), paidAt: new Date() };
  const orders = totals.map(([currency, totalMinor]) => ({ ...row, id: randomUUIDv7(), currency, totalMinor }));
  await platform.orm.em.fork().insertMany(Order, orders);
  await at.page.reload();
  for (const [index, [, , shown]] of totals.entries()) {
    const total = at.page.locator(`[data-order="${orders[index]?.id}"] .total`);
    expect((await total.textContent())?.replace(/^[^\d]+/, '')).toBe(shown);
  }
});

async function place(): Promise<string> {
  const answer = await platform.send('POST', '/orders', { products: [1] });
  return z.object({ id: z.string() }).parse(await answer.json()).id;
}
async function placeMany(count: number): Promise<string> {
  let last = '';
  for (let index = 0; index < count; index += 1) last = await place();
  return last;
}

test('the figures are those of the queues: a pause shows, and so does what waits because of it', async () => {
  const at = opened('queues');
  if (!at) return;
  await at.page.getByRole('link', { name: 'Operations' }).click();
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
  // A queue that works does not rest, whenever one looks.
  const done = payments.locator('[data-figure=done] dd');
  for (let count = 0; count < 5; count += 1) {
    const before = await done.textContent();
    await place();
    await until('one more is done', async () => ((await done.textContent()) === before ? undefined : true));
    expect(await payments.locator('.state').textContent()).toBe('Running');
  }
});

atOnceCases(
  (what) => opened(what),
  () => platform,
);

test('an administrator sees what is polled, adds to it and takes away, and is told what does not fit', async () => {
  const at = opened('watchlist');
  if (!at) return;
  await at.page.getByRole('link', { name: 'Market' }).click();
  const watched = at.page.locator('[data-watched]');
  await watched.first().waitFor();
  expect(await watched.count()).toBe(4);
  await at.page.getByLabel('Poll symbol').fill('tsla');
  await at.page.getByLabel('Every, seconds').fill('30');
  await at.page.keyboard.press('Enter');
  await at.page.locator('[data-watched=TSLA]').getByText('every 30 s').waitFor();
  await at.page.getByRole('button', { name: 'Stop polling MSFT' }).click();
  await at.page.locator('[data-watched=MSFT]').waitFor({ state: 'detached' });
  const listed = await (await platform.send('GET', '/market/watchlist', undefined, 'admin')).text();
  expect(listed).toContain('"TSLA"');
  expect(listed).not.toContain('"MSFT"');
  await at.page.getByRole('link', { name: 'Operations' }).click();
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
  const { id, reason } = await bury(platform, 'sync-products');
  await at.page.getByText(reason).waitFor();
  await at.page.getByText('after 1 try', { exact: true }).waitFor();
  await look(at, 'operations');
  await at.page.getByRole('button', { name: 'Replay sync-products' }).click();
  await at.page.getByText('No job has given up.').waitFor();
  const kept = await platform.orm.em.fork().findOneOrFail(DeadLetter, { id });
  expect(kept.replayedAt).not.toBeNull();
  expect(at.faults(platform.url)).toEqual([]);
});

// From here on the browser itself reports refused requests as errors of the console.

test('what the API refuses is said with its reason, and what was typed stays', async () => {
  const at = opened('refusals');
  if (!at) return;
  await at.page.getByRole('link', { name: 'Market' }).click();
  const symbol = at.page.getByLabel('Poll symbol');
  await symbol.fill('A B');
  await at.page.getByLabel('Every, seconds').fill('');
  await symbol.press('Enter');
  const refusal = at.page.locator('#watch-refusal');
  await refusal.getByText('does not fit its schema: symbol:').waitFor();
  expect(await refusal.textContent()).not.toContain('see errors');
  expect(await symbol.inputValue()).toBe('A B');
  await symbol.fill('ZZZZZZ');
  await symbol.press('Enter');
  await refusal.getByText('ZZZZZZ').waitFor();
  expect(await symbol.inputValue()).toBe('ZZZZZZ');
  expect(await at.page.locator('[data-watched=ZZZZZZ]').count()).toBe(0);
  await symbol.fill('AAPL');
  await symbol.press('Enter');
  await at.page.getByText('AAPL is polled.').waitFor();
  expect(await refusal.textContent()).toBe('');
  await at.page.getByRole('link', { name: 'Operations' }).click();
});

test('whatever is written, a request without an answer is made again under its key', async () => {
  const at = opened('keys');
  if (!at) return;
  const keys: (string | undefined)[] = [];
  at.page.on('request', (request) => {
    if (/refund$|replay$/.test(request.url())) keys.push(request.headers()['idempotency-key']);
  });
  await bury(platform, 'sync-products');
  const replay = at.page.getByRole('button', { name: 'Replay sync-products' });
  await loseAnswer(at.page, '/replay', { isCut: true });
  await replay.click();
  await at.page.getByText('The server did not answer').waitFor();
  await replay.click();
  await at.page.getByText('No job has given up.').waitFor();

  await at.page.getByRole('link', { name: 'Overview' }).click();
  const order = at.page.locator('.order[data-status=paid]').first();
  await order.getByRole('button', { name: /^More about/ }).click();
  await loseAnswer(at.page, '/refund', { isCut: true });
  const refund = at.page.getByRole('button', { name: 'Refund' });
  await refund.click();
  await at.page.getByRole('button', { name: 'Give back' }).click();
  const yes = at.page.getByRole('button', { name: 'Yes' });
  await yes.click();
  await at.page.getByText('The server did not answer').waitFor();
  await yes.click();
  await refund.waitFor({ state: 'detached' });
  expect(keys).toHaveLength(4);
  expect([keys[0], keys[2]]).toEqual([keys[1], keys[3]]);
  expect(new Set(keys).size).toBe(2);
});

test('a logout that has failed says so, and nobody is logged out', async () => {
  const at = opened('logout');
  if (!at) return;
  const problem = { status: 503, json: { code: 'unavailable', detail: 'The database did not answer.' } };
  await at.page.route('**/auth/logout', (route) => route.fulfill(problem));
  await at.page.getByRole('button', { name: 'Log out' }).click();
  await at.page.getByText('You are still logged in. The database did not answer.').waitFor();
  await at.page.getByRole('button', { name: 'Place an order' }).waitFor();
  await at.page.unroute('**/auth/logout');
});

test('a session that is ended elsewhere shows the login, and no orders', async () => {
  const at = opened('an ended session');
  if (!at) return;
  // Nothing is read again and again here: only the end of the stream tells.
  await at.page.getByRole('button', { name: /^Less about/ }).click();
  const Logins = z.object({ data: z.array(z.object({ id: z.string(), is_current: z.boolean() })) });
  const { data } = Logins.parse(await (await platform.send('GET', '/auth/tokens', undefined, 'admin')).json());
  for (const { id, is_current: isOwn } of data)
    if (!isOwn) expect((await platform.send('DELETE', `/auth/tokens/${id}`, undefined, 'admin')).status).toBe(204);
  await at.page.getByText('You have been logged out elsewhere').waitFor();
  await at.page.getByRole('button', { name: 'Log in' }).waitFor();
  expect(await at.page.locator('.order').count()).toBe(0);
  expect(await at.page.getByRole('link', { name: 'Operations' }).count()).toBe(0);
  expect(await at.page.locator('.live').textContent()).toBe('Logged out');
});
