import { expect, test } from 'vitest';
import { z } from 'zod';
import { accounts } from '../api/test-api.ts';
import { glance } from '../processes/browser-look.ts';
import { until } from '../processes/process.ts';
import { type Console, expectSound, type OpenConsole } from './console.ts';

const pages = {
  '/docs#/payments/listPayments': 'docs',
  '/asyncapi': 'streams',
  '/problems': 'problems',
  '/problems/unauthenticated': 'problem',
};

/** The pages beside the live page: each with its look, by day and by night, and the way home. */
export function docsCases(opened: OpenConsole): void {
  test('docs, streams and problems have one look and one way home', async () => {
    const at = opened('docs');
    if (!at) return;
    await at.logIn(undefined);
    for (const [path, name] of Object.entries(pages)) {
      await at.visit(path);
      if (name === 'docs') await lookAtOperations(at);
      else await expectSound(at, name);
      if (name !== 'docs')
        expect([name, await at.page.locator('main').textContent()]).toEqual([name, expect.not.stringContaining('`')]);
      const ground = () => at.page.evaluate('getComputedStyle(document.documentElement).backgroundColor');
      expect([name, await ground()]).toEqual([name, 'rgb(251, 251, 249)']);
      await at.page.emulateMedia({ colorScheme: 'dark' });
      expect([name, await ground()]).toEqual([name, 'rgb(18, 21, 20)']);
      await at.page.emulateMedia({ colorScheme: 'light' });
      for (const other of ['API', 'Streams', 'Problems'])
        expect(await at.page.getByRole('link', { name: other, exact: true }).count()).toBe(1);
    }
    await at.page.getByRole('link', { name: 'Orderflow' }).press('Enter');
    await at.page.locator('[data-price]').waitFor();
    expect(at.browser.faults(at.platform.url)).toEqual([]);
  });
}

// All of them are many; the others are made as these are.
const described = ['.information-container', '.scheme-container', '[data-tag=payments] + *', '.models'];

/** The API's description with one of its operations opened by its address, and another by keys. */
async function lookAtOperations({ page, browser }: Console): Promise<void> {
  await page.locator('#operations-payments-listPayments').getByText('Try it out').waitFor();
  await glance(browser, 'docs', described);
  const others = page.locator('#operations-payments-listRefunds button[aria-expanded=false]').first();
  await others.press('Enter');
  await until('its address', async () => (page.url().endsWith('#/payments/listRefunds') ? true : undefined));
}

/** Bull Board, with what BullMQ itself counts. */
export function boardCases(opened: OpenConsole): void {
  test('Bull Board shows what the workers of a queue have done by the minute', async () => {
    const at = opened('the board');
    if (!at) return;
    await at.logIn('admin');
    const Metrics = z.object({ completed: z.object({ meta: z.object({ count: z.int() }) }) });
    const answer = await at.browser.context.request.get(`${at.platform.url}/admin/queues/api/queues/payments/metrics`);
    expect(Metrics.parse(await answer.json()).completed.meta.count).toBeGreaterThan(0);
    await at.visit('/admin/queues/queue/payments');
    await at.page.getByRole('button', { name: 'Throughput (jobs / min)' }).waitFor();
    expect(at.browser.faults(at.platform.url)).toEqual([]);
  });

  test('who logs in at the form of the board, at /docs or by another program is who all pages of the browser show', async () => {
    const at = opened('other logins');
    if (!at) return;
    const { page, platform } = at;
    await at.logIn('demo');
    await at.visit('/app/market/MSFT');
    const price = page.getByRole('region', { name: 'Alerts' }).getByRole('spinbutton', { name: 'Price' });
    const forStaff = page.getByRole('link', { name: 'Customers' });
    await price.fill('12345');
    const other = await at.browser.context.newPage();
    await other.goto(`${platform.url}/admin/queues`);
    await other.getByLabel('E-mail').fill(accounts.admin.email);
    await other.getByLabel('Password').fill(accounts.admin.password);
    await other.getByRole('button', { name: 'Log in' }).click();
    await forStaff.waitFor();
    // What the one has typed is not the other's.
    await until('an empty form', async () => ((await price.inputValue()) === '12345' ? undefined : true));

    await other.goto(`${platform.url}/docs#/auth/login`);
    const login = other.locator('#operations-auth-login');
    await login.getByRole('button', { name: 'Try it out' }).click();
    await login.getByRole('button', { name: 'Execute' }).click();
    await forStaff.waitFor({ state: 'detached' });
    await other.close();

    const request = { data: accounts.admin, headers: { origin: platform.url } };
    expect((await at.browser.context.request.post(`${platform.url}/auth/login`, request)).ok()).toBe(true);
    await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))");
    await forStaff.waitFor();
    expect(at.browser.faults(platform.url)).toEqual([]);
  });
}

/** The sandbox's own page, at an address of its own. */
export function sandboxCases(opened: OpenConsole): void {
  test('the sandbox says what each fault does, leads home, and plays five of them in turn', async () => {
    const at = opened('the sandbox');
    if (!at) return;
    const { browser, platform } = at;
    const page = await browser.context.newPage();
    const asked: string[] = [];
    const errors: string[] = [];
    page.on('console', (message) => void (message.type() === 'error' && errors.push(message.text())));
    page.on('pageerror', (error) => errors.push(String(error)));
    page.on('request', (request) => {
      if (new URL(request.url()).origin !== new URL(platform.sandbox.urls.control).origin) errors.push(request.url());
      const Fault = z.object({ target: z.string(), kind: z.string() });
      if (request.method() !== 'POST') return;
      const { target, kind } = Fault.parse(request.postDataJSON());
      asked.push(`${target} ${kind}`);
    });
    await page.goto(platform.sandbox.urls.control);
    await page.getByRole('button', { name: 'decline' }).waitFor();
    const sentences = await page.locator('.kinds > span').allTextContents();
    expect(sentences).toHaveLength(await page.locator('.kinds > button').count());
    expect(sentences.filter((said) => !/^[A-Z].+\.$/.test(said))).toEqual([]);
    await glance({ ...browser, page }, 'sandbox');
    expect(await page.getByRole('link', { name: 'Orderflow' }).getAttribute('href')).toBe(platform.url);
    expect(await page.locator('#stops a').first().getAttribute('href')).toBe(`${platform.url}/app/market`);
    await page.getByLabel('seconds').fill('1');
    await page.getByRole('button', { name: 'Start the tour' }).press('Enter');
    await page.getByText('The tour is over').waitFor();
    const faults = ['finnhub 5xx', 'finnhub 429', 'stripe decline', 'stripe lost_answer', 'stripe 5xx'];
    expect(asked).toEqual(faults);
    expect(await (await fetch(`${platform.sandbox.urls.control}/faults`)).json()).toEqual([]);
    expect(errors).toEqual([]);
    await page.close();
  });
}

/** What a browser is told of an address that there is not. */
export function deadLinkCases(opened: OpenConsole): void {
  test('a dead link ends on a page that leads home, and a program is told as ever', async () => {
    const at = opened('dead links');
    if (!at) return;
    for (const path of ['/nope', '/app/nope', '/problems/nope']) {
      await at.visit(path);
      await at.page.getByRole('heading', { name: 'Not found' }).waitFor();
      await at.page.getByRole('link', { name: 'What this means' }).click();
      await at.page.getByText('not_found').first().waitFor();
      const answer = await fetch(`${at.platform.url}${path}`);
      expect([answer.status, answer.headers.get('content-type')]).toEqual([404, 'application/problem+json']);
    }
    await at.page.getByRole('link', { name: 'Orderflow' }).click();
    await at.page.locator('[data-price]').waitFor();
  });
}
