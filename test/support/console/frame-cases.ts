import { expect, test } from 'vitest';
import { type OpenConsole, expectSound } from './console.ts';
import { beyond } from '../page-scripts.ts';
import { until } from '../processes/process.ts';

/** What holds for every view: addresses, the bar, the palette, what comes over the wire. */
export function frameCases(opened: OpenConsole): void {
  test('the first load takes at most 90 kB over the wire, whatever it is made of', async () => {
    const at = opened('first load');
    if (!at) return;
    // The browser is new: nothing is there yet.
    await at.visit('/');
    await at.page.locator('[data-price]').waitFor();
    const bytes = Number(
      await at.page.evaluate(`[performance.getEntriesByType('navigation'), performance.getEntriesByType('resource')].flat()
        .filter(({ initiatorType, name }) => initiatorType !== 'fetch' || !name.includes('/status'))
        .reduce((sum, { transferSize }) => sum + transferSize, 0)`),
    );
    expect(bytes).toBeGreaterThan(20_000);
    expect(bytes).toBeLessThanOrEqual(90_000);
  });

  test('the first price is painted from the first answer alone, the script takes it over, and comes with one more trip', async () => {
    const at = opened('first paint');
    if (!at) return;
    await until('a price', async () => ((await pageOf(at.platform.url)).includes('class="figure"') ? true : undefined));
    const asked: string[] = [];
    const held = Promise.withResolvers<void>();
    await at.page.route('**/assets/**', async (route) => {
      asked.push(new URL(route.request().url()).pathname);
      await held.promise;
      await route.continue();
    });
    await at.page.goto(at.platform.url, { waitUntil: 'commit' });
    await at.page.locator('.figure').getByText(/^\d/).waitFor();
    expect(await at.page.evaluate(largestPart)).toBe('figure');
    await at.page.evaluate("window.first = document.querySelector('.figure')");
    await until('the scripts that the page names', () => (asked.length >= 2 ? true : undefined));
    const named = [...asked];
    held.resolve();
    await at.page.locator('[data-price]').waitFor();
    await until('the candles', () => (asked.length > named.length ? true : undefined));
    expect(asked.slice(named.length)).toEqual([expect.stringContaining('draw-chart')]);
    expect(await at.page.evaluate("window.first === document.querySelector('.figure')")).toBe(true);
    expect(await at.page.evaluate(largestPart)).toBe('figure');
    // As much as a server may send before it has heard from the browser again: ten packets.
    expect(Number(await at.page.evaluate(pageBytes))).toBeLessThanOrEqual(14_000);
    await at.page.unroute('**/assets/**');
  });

  test('a view has an address: it can be opened, reloaded and left by the browser’s back, and the bar says where one is', async () => {
    const at = opened('addresses');
    if (!at) return;
    await at.logIn('admin');
    await at.visit('/app/operations');
    const queues = at.page.getByRole('heading', { name: 'Queues' });
    await queues.waitFor();
    const here = at.page.locator('.views [aria-current=page]');
    expect(await here.textContent()).toBe('Operations');
    await at.page.evaluate('window.isKept = true');
    await at.page.getByRole('link', { name: 'Overview' }).click();
    await at.page.locator('[data-price]').waitFor();
    expect([new URL(at.page.url()).pathname, await here.textContent()]).toEqual(['/', 'Overview']);
    // The focus stays where it was.
    expect(await at.page.locator(':focus').textContent()).toBe('Overview');
    await at.page.goBack();
    await queues.waitFor();
    expect(await at.page.title()).toBe('Operations · Orderflow');
    expect(await at.page.evaluate('window.isKept')).toBe(true);
    await at.page.reload();
    await queues.waitFor();
    await expectSound(at, 'frame');
  });

  test('on a phone the bar shows the first views whole, and the others on demand; no list has to be moved sideways', async () => {
    const at = opened('a phone');
    if (!at) return;
    await at.logIn('admin');
    await at.page.setViewportSize({ width: 360, height: 740 });
    await at.visit('/app/orders');
    const bar = at.page.getByRole('navigation', { name: 'Views' });
    const more = bar.getByRole('button', { name: 'More' });
    await more.waitFor();
    expect(await bar.getByRole('link').allTextContents()).toEqual(['Overview', 'Shop', 'Market', 'Orders']);
    expect(await at.page.evaluate(beyond('.views a, .views button'))).toEqual([]);
    await more.press('Enter');
    await bar.getByRole('link', { name: 'Audit log' }).waitFor();
    await expectSound(at, 'phone-bar');
    await at.page.setViewportSize({ width: 360, height: 740 });
    await at.page.keyboard.press('Escape');
    for (const [view, heading] of Object.entries(lists)) {
      if (view !== 'Market') await more.click();
      await bar.getByRole('link', { name: view }).click();
      await at.page.getByRole('heading', { name: heading, exact: true }).waitFor();
      await at.page.locator('main tbody tr, main .empty').first().waitFor();
      expect([view, await at.page.evaluate(beyond('main td'))]).toEqual([view, []]);
      // It has closed by itself, and says that one is somewhere in it.
      expect(await bar.getByRole('link').count()).toBe(4);
      expect(await more.getAttribute('data-here')).toBe(String(view !== 'Market'));
    }
    await at.page.setViewportSize({ width: 1280, height: 900 });
  });

  test('who may not see a view is not offered it, and is told so at its address', async () => {
    const at = opened('offers');
    if (!at) return;
    await at.logIn('demo');
    await at.visit('/app/operations');
    await at.page.getByText('Operations is not for your role.').waitFor();
    expect(await at.page.getByRole('link', { name: 'Operations' }).count()).toBe(0);
    await at.logIn(undefined);
    await at.visit('/app/operations');
    await at.page.getByRole('button', { name: 'Log in' }).waitFor();
  });

  test('Ctrl-K goes to a view by a few letters, and the focus with it', async () => {
    const at = opened('palette');
    if (!at) return;
    await at.logIn('admin');
    await at.visit('/');
    await at.page.getByRole('link', { name: 'Operations' }).waitFor();
    await at.page.keyboard.press('Control+k');
    await at.page.getByRole('combobox').pressSequentially('oper');
    await at.page.getByRole('option', { name: /Operations/ }).waitFor();
    await expectSound(at, 'palette');
    await at.page.keyboard.press('Enter');
    await at.page.getByRole('heading', { name: 'Queues' }).waitFor();
    await until('the focus in the view', async () =>
      (await at.page.locator('main :focus, main:focus').count()) === 1 ? true : undefined,
    );
    await at.page.keyboard.press('Control+k');
    await at.page.getByRole('combobox').waitFor();
    await at.page.keyboard.press('Escape');
    await at.page.getByRole('combobox').waitFor({ state: 'detached' });
  });
}

/** Views with lists, and what each has for its heading. */
const lists = {
  Market: 'Symbols',
  Payments: 'Payments',
  Jobs: 'Jobs',
  Customers: 'Customers',
  'Audit log': 'Audit log',
};

const pageOf = async (url: string) => (await fetch(url)).text();

/** In the page: the class of what was the largest thing painted so far. */
const largestPart = `new Promise((resolve) => new PerformanceObserver((list, observer) => {
  observer.disconnect();
  resolve(list.getEntries().at(-1).element?.className);
}).observe({ type: 'largest-contentful-paint', buffered: true }))`;

const pageBytes = `performance.getEntriesByType('navigation')[0].transferSize`;
