import { expect, test } from 'vitest';
import type { BrowserPage } from './processes/browser.ts';
import { look } from './processes/browser-look.ts';
import { until } from './processes/process.ts';
import { overlaps } from './page-scripts.ts';

/** What a visitor does with the page; the demo customer is logged in, and TSLA has been added. A part of the live page's tests. */
export function visitorCases(opened: (what: string) => BrowserPage | undefined): void {
  test('a visitor takes off what a visitor has added, and it stays away', async () => {
    const page = opened('removal')?.page;
    if (!page) return;
    const row = page.locator('.prices li', { hasText: 'TSLA' });
    await row.getByRole('button', { name: 'Remove' }).click();
    await row.waitFor({ state: 'detached' });
    // What is watched for everybody stays.
    expect(await page.getByRole('button', { name: 'Remove' }).count()).toBe(0);
    await page.reload();
    await page.locator('.prices li', { hasText: 'AAPL' }).waitFor();
    expect(await row.count()).toBe(0);
  });

  test('with the keyboard: the content is one stop away, the login two, and the focus is never lost', async () => {
    const page = opened('focus')?.page;
    if (!page) return;
    const focused = () => page.locator(':focus');
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.getByRole('button', { name: 'Log in' }).waitFor();
    await page.reload();
    const stops: (string | null)[] = [];
    do {
      await page.keyboard.press('Tab');
      stops.push((await focused().getAttribute('type')) ?? (await focused().textContent()));
    } while (stops.at(-1) !== 'email' && stops.length < 30);
    expect(stops.slice(0, 2)).toEqual(['Skip to content', 'Log in']);
    expect(stops.length).toBeLessThanOrEqual(12);
    await page.getByRole('link', { name: 'Log in' }).press('Enter');
    expect(await focused().getAttribute('type')).toBe('email');
    await page.getByLabel('Password').press('Enter');
    const place = page.getByRole('button', { name: 'Place an order' });
    await place.waitFor();
    await until('the heading of the orders', async () =>
      (await focused().getAttribute('id')) === 'orders' ? true : undefined,
    );
    const placed = page.locator('.order time').first();
    const before = await placed.getAttribute('datetime');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await until('an order', async () => ((await placed.getAttribute('datetime')) === before ? undefined : true));
    expect(await focused().textContent()).toMatch(/^Plac/);
    await page.getByRole('button', { name: 'Log out' }).press('Enter');
    await page.getByRole('button', { name: 'Log in' }).waitFor();
    await until('a place in the page', async () => ((await focused().count()) === 1 ? true : undefined));
    await page.getByRole('button', { name: 'Log in' }).click();
    await place.waitFor();
  });

  test('prices of six digits and of millionths fit their rows, and are shown with the digits that matter', async () => {
    const at = opened('wide prices');
    if (!at) return;
    const { page } = at;
    const quote = {
      d: 1,
      dp: -12.34,
      h: 1_234_567.891,
      l: 0.00001234,
      o: 1,
      pc: 1,
      t: 1_795_000_000,
      as_of: '2099-01-01T00:00:00.000Z',
    };
    const data = [
      { ...quote, symbol: 'BINANCE:BTCUSDT', c: 1_234_567.891 },
      { ...quote, symbol: 'AAPL', c: 123_456.7891 },
      { ...quote, symbol: 'MSFT', c: 0.00001234 },
    ];
    await page.route('**/market/quotes?*', (route) => route.fulfill({ json: { data } }));
    await page.reload();
    await page.locator('.row', { hasText: '1,234,567.89' }).waitFor();
    expect(await page.locator('.row .price').allTextContents()).toEqual(
      expect.arrayContaining(['1,234,567.89', '123,456.79', '0.00001234']),
    );
    for (const width of [1280, 360]) {
      await page.setViewportSize({ width, height: 900 });
      expect(await page.evaluate(overlaps)).toEqual([]);
    }
    await look(at, 'wide-prices');
    await page.unroute('**/market/quotes?*');
  });
}
