import { expect, test } from 'vitest';
import { until } from '../processes/process.ts';
import { type OpenConsole, expectSound } from './console.ts';

/** The market: symbols found and listed, and the page of each. */
export function marketCases(opened: OpenConsole): void {
  test('a symbol is found by the first letters of a name, and its page tells its company, news, analysts and peers', async () => {
    const at = opened('symbol page');
    if (!at) return;
    await at.logIn(undefined);
    await at.visit('/app/market');
    await at.page.getByRole('region', { name: 'Symbols' }).getByRole('link', { name: 'AAPL' }).first().waitFor();
    await at.page.getByLabel('Find a symbol').pressSequentially('microso');
    const found = at.page.locator('.found').getByRole('link', { name: 'MSFT' });
    await found.waitFor();
    await expectSound(at, 'market');
    await found.press('Enter');
    await at.page.locator('[data-price]').waitFor();
    await at.page.locator('.facts').getByText('Microsoft Corp').waitFor();
    for (const part of ['News', 'Recommendations', 'Earnings', 'Peers'])
      await until(`${part} are there`, async () => {
        const region = at.page.locator('section', { has: at.page.getByRole('heading', { name: part }) });
        return (await region.locator('li, td').count()) > 1 ? true : undefined;
      });
    // What publishers write is text: no markup is shown, and none is run.
    expect(await at.page.locator('.news').textContent()).not.toMatch(/<\w|&\w+;/);
    expect(await at.page.getByRole('heading', { name: 'Watchlist' }).count()).toBe(0);
    await expectSound(at, 'symbol');
    await at.page.getByRole('region', { name: 'Peers' }).getByRole('link').first().click();
    await until('the peer’s page', async () => (/\/app\/market\/(?!MSFT)/.test(at.page.url()) ? true : undefined));
  });

  test('the palette goes to a symbol, and to an order by its id', async () => {
    const at = opened('palette to things');
    if (!at) return;
    await at.logIn('admin');
    await at.visit('/app/orders');
    const id = (await at.page.locator('[data-row]').first().getAttribute('data-row')) ?? '';
    for (const [words, name, path] of [
      ['apple', /^AAPL/, '/app/market/AAPL'],
      ['enamel', /^Enamel Mug/, '/app/shop/2'],
      [id, /Order$/, `/app/orders/${id}`],
    ] as const) {
      await at.page.keyboard.press('Control+k');
      await at.page.getByRole('dialog').getByRole('combobox').fill(words);
      await at.page.getByRole('option', { name }).click();
      await until(`it is at ${path}`, async () => (at.page.url().endsWith(path) ? true : undefined));
    }
  });
}
