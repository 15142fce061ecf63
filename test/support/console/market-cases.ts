import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { examplePrice } from '../../../src/market/price.ts';
import { until } from '../processes/process.ts';
import { type OpenConsole, expectSound } from './console.ts';

const Status = z.object({ exchanges: z.string() });

/** The market: symbols found and listed, and the page of each. */
export function marketCases(opened: OpenConsole): void {
  test('a symbol is found by the first letters of a name, and its page tells its company, news, analysts and peers', async () => {
    const at = opened('symbol page');
    if (!at) return;
    await at.logIn(undefined);
    await at.visit('/app/market');
    await at.page.locator('tr[data-row=AAPL]').waitFor();
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

  test('symbols say what they are and whether they trade; the list is sorted, grouped, put in order by keys and mouse', async () => {
    const at = opened('watchlist of a visitor');
    if (!at) return;
    await at.logIn(undefined);
    await at.visit('/');
    await at.page
      .locator('.about', { hasText: 'Apple Inc · ' })
      .getByText(/market (open|closed)/)
      .waitFor();
    await at.page.getByLabel('Symbol to watch').fill('btc');
    await at.page.keyboard.press('Enter');
    await at.page.locator('.about', { hasText: 'BTC · Binance · USDT · market always open' }).waitFor();
    await at.page.getByRole('link', { name: 'Market', exact: true }).click();
    const { exchanges } = Status.parse(await (await at.platform.send('GET', '/status')).json());
    for (const [symbol, name, market] of [
      ['AAPL', 'Apple Inc', exchanges],
      ['MSFT', 'Microsoft Corp', exchanges],
      ['BINANCE:BTCUSDT', 'BTC', 'always open'],
    ] as const) {
      const row = at.page.locator(`tr[data-row="${symbol}"]`);
      await row.getByText(name).first().waitFor();
      await row.getByText(market, { exact: true }).waitFor();
      if (market !== 'always open') await row.getByText('NASDAQ NMS - GLOBAL MARKET, USD').waitFor();
    }
    const rows = async () => (await at.page.locator('tr[data-row]').all()).map((row) => row.getAttribute('data-row'));
    const list = async () => (await Promise.all(await rows())).join();
    expect(await list()).toBe('AAPL,MSFT,BINANCE:BTCUSDT');
    await at.page.getByRole('button', { name: 'Move BTC', exact: true }).press('ArrowUp');
    await until('a place up', async () => ((await list()) === 'AAPL,BINANCE:BTCUSDT,MSFT' ? true : undefined));
    await at.page.keyboard.press('ArrowUp');
    await until('on top', async () => ((await list()) === 'BINANCE:BTCUSDT,AAPL,MSFT' ? true : undefined));
    await at.page.getByRole('button', { name: 'Move AAPL', exact: true }).hover();
    await at.page.mouse.down();
    await at.page.locator('tr[data-row=MSFT]').hover();
    await at.page.locator('tr[data-row=MSFT][data-over=true]').waitFor();
    await at.page.mouse.up();
    await until('dropped', async () => ((await list()) === 'BINANCE:BTCUSDT,MSFT,AAPL' ? true : undefined));
    await at.page.reload();
    await until('the same order', async () => ((await list()) === 'BINANCE:BTCUSDT,MSFT,AAPL' ? true : undefined));
    await at.page.getByLabel('Sort by').selectOption('symbol');
    await until('sorted', async () => ((await list()) === 'AAPL,BINANCE:BTCUSDT,MSFT' ? true : undefined));
    expect(await at.page.getByRole('button', { name: /^Move/ }).count()).toBe(0);
    await at.page.getByLabel('Group by').selectOption('kind');
    await at.page.getByRole('rowheader', { name: 'Coins' }).waitFor();
    expect(await list()).toBe('AAPL,MSFT,BINANCE:BTCUSDT');
    await expectSound(at, 'watchlist');
    await at.page.getByRole('button', { name: 'Remove BTC' }).click();
    await until('gone', async () => ((await list()) === 'AAPL,MSFT' ? true : undefined));
  });

  test('all tabs of a browser have one list of symbols in one order', async () => {
    const at = opened('symbols of two tabs');
    if (!at) return;
    await at.logIn(undefined);
    await at.visit('/');
    const tab = await at.browser.context.newPage();
    await tab.goto(at.platform.url);
    const add = async (page: Page, symbol: string) => {
      await page.getByLabel('Symbol to watch').fill(symbol);
      await page.keyboard.press('Enter');
    };
    const have = (page: Page, symbols: string) =>
      until(symbols, async () => {
        const listed = await page.locator('.prices li .name').allTextContents();
        // Others that move may stand there too.
        return listed.filter((name) => /^(AAPL|MSFT|BTC|ETH)$/.test(name)).join() === symbols ? true : undefined;
      });
    await add(at.page, 'btc');
    await have(tab, 'AAPL,MSFT,BTC');
    await tab.locator('.price[data-symbol="BINANCE:BTCUSDT"]').waitFor();
    await add(tab, 'eth');
    await have(at.page, 'AAPL,MSFT,BTC,ETH');
    await tab.getByRole('link', { name: 'Market', exact: true }).click();
    await tab.getByRole('button', { name: 'Move ETH', exact: true }).press('ArrowUp');
    await have(at.page, 'AAPL,MSFT,ETH,BTC');
    await at.page.locator('.prices li', { hasText: 'BTC' }).getByRole('button', { name: 'Remove' }).click();
    await tab.locator('tr[data-row="BINANCE:BTCUSDT"]').waitFor({ state: 'detached' });
    await tab.close();
    await at.page.reload();
    await have(at.page, 'AAPL,MSFT,ETH');
  });

  test('an old price says why it is: here nobody polls it, and this much of the plan is used', async () => {
    const at = opened('an old price');
    if (!at) return;
    await at.logIn(undefined);
    const old = {
      json: { data: [{ ...examplePrice, symbol: 'NVDA', as_of: '2025-09-19T20:00:00.000Z', source: 'finnhub' }] },
    };
    await at.page.route('**/market/quotes?*', (route) => route.fulfill(old));
    await at.page.route('**/market/quote?*', (route) => route.fulfill({ json: old.json.data[0] }));
    await at.visit('/app/market/NVDA');
    const why = at.page.locator('.why-old');
    await why.getByText(/It is not polled|The exchanges are closed/).waitFor();
    const Budget = z.object({ windows: z.array(z.object({ name: z.string(), used: z.int(), limit: z.int() })) });
    await until('the plan as the API tells it', async () => {
      const { windows } = Budget.parse(await (await at.platform.send('GET', '/market/budget')).json());
      const minute = windows.find(({ name }) => name === 'minute');
      return (await why.textContent())?.includes(`${minute?.used} of ${minute?.limit} calls`) ? true : undefined;
    });
    await at.page.unroute('**/market/quotes?*');
    await at.page.unroute('**/market/quote?*');
  });

  test('what is known of a company bears its age when the API calls it stale', async () => {
    const at = opened('an old company');
    if (!at) return;
    await at.logIn(undefined);
    const twoDaysAgo = new Date(Date.now() - 2 * 86_400_000).toISOString();
    const isOld = async (name: string) => {
      const found = await at.platform.send('GET', `/market/${name}?symbol=MSFT`);
      const json = { ...z.record(z.string(), z.unknown()).parse(await found.json()), as_of: twoDaysAgo, stale: true };
      await at.page.route(`**/market/${name}?*`, (route) => route.fulfill({ json }));
    };
    await Promise.all(['company', 'news'].map(isOld));
    await at.visit('/app/market/MSFT');
    for (const title of ['Profile', 'News'])
      await at.page.getByRole('region', { name: title }).getByText('48 h old').waitFor();
    const peers = at.page.getByRole('region', { name: 'Peers' });
    await peers.getByRole('link').first().waitFor();
    expect(await peers.locator('.age').count()).toBe(0);
    for (const name of ['company', 'news']) await at.page.unroute(`**/market/${name}?*`);
  });

  test('an alert is set beside the chart, says how often its price is asked for, and is deleted', async () => {
    const at = opened('alerts');
    if (!at) return;
    await at.logIn('demo');
    await at.visit('/app/market/MSFT');
    const alerts = at.page.getByRole('region', { name: 'Alerts' });
    await alerts.getByRole('spinbutton', { name: 'Price' }).fill('100000');
    await alerts.getByRole('button', { name: 'Set the alert' }).click();
    const made = alerts.locator('[data-alert]');
    await made.getByText(/^above 100000, once, polled every/).waitFor();
    await expectSound(at, 'alerts');
    await made.getByRole('button', { name: 'Delete' }).click();
    await alerts.getByText('You are told of no move').waitFor();
  });

  test('a click in the chart, or Enter on a candle, is the price of an alert, above or below the newest', async () => {
    const at = opened('alerts from the chart');
    if (!at) return;
    await at.logIn('demo');
    await at.visit('/app/market/AAPL');
    const alerts = at.page.getByRole('region', { name: 'Alerts' });
    const level = alerts.getByRole('spinbutton', { name: 'Price' });
    const chart = at.page.locator('figure.chart');
    await chart.locator('canvas').first().waitFor();
    await alerts.getByText('Click at a price in the chart').waitFor();
    const newest = Number(await at.page.locator('[data-price]').getAttribute('data-price'));
    const { width, height } = (await chart.boundingBox()) ?? { width: 0, height: 0 };
    // Near its foot are the lowest prices, near its head the highest.
    for (const [share, side] of [
      [0.72, 'below'],
      [0.06, 'above'],
    ] as const)
      await until(`a click ${side} the price`, async () => {
        // Of two clicks within half a second the second is a double click's.
        await chart.click({ position: { x: width / 3, y: height * share } });
        const [kind, price] = [await alerts.getByRole('combobox').inputValue(), Number(await level.inputValue())];
        return kind === side && price > newest / 2 && price < newest * 2 ? true : undefined;
      });
    await chart.focus();
    for (const key of ['ArrowLeft', 'ArrowLeft', 'ArrowLeft']) await at.page.keyboard.press(key);
    // The legend may still tell of another candle, and candles move on.
    const last = await until('the price of the candle', async () => {
      await at.page.keyboard.press('Enter');
      const told = (await at.page.locator('.legend [data-figure=C]').textContent()) ?? '';
      return (await alerts.getByText(`${told}, from the chart.`).count()) > 0 ? told : undefined;
    });
    const price = Number(last.replaceAll(',', ''));
    expect(Number(await level.inputValue())).toBe(price);
    await expectSound(at, 'alerts from the chart');
    await level.fill('1');
    await alerts.getByText('Click at a price in the chart').waitFor();
    await level.fill(String(price));
    await alerts.getByRole('button', { name: 'Set the alert' }).click();
    await alerts
      .locator('[data-alert]')
      .getByText(new RegExp(`^(above|below) ${price}, once`))
      .waitFor();
    await alerts.getByRole('button', { name: 'Delete' }).click();
    await alerts.getByText('You are told of no move').waitFor();
  });

  test('the palette goes to a symbol and a product by a few letters, and to an order and a job by their ids', async () => {
    const at = opened('palette to things');
    if (!at) return;
    await at.logIn('admin');
    await at.visit('/app/orders');
    const id = (await at.page.locator('[data-row]').first().getAttribute('data-row')) ?? '';
    const Jobs = z.object({ data: z.tuple([z.object({ id: z.string() })]) });
    const found = await at.platform.send('GET', '/jobs?kind=charge-order&limit=1', undefined, 'admin');
    const [job] = Jobs.parse(await found.json()).data;
    for (const [words, name, path] of [
      ['apple', /^AAPL/, '/app/market/AAPL'],
      ['enamel', /^Enamel Mug/, '/app/shop/2'],
      [id, /Order$/, `/app/orders/${id}`],
      [job.id, /Job$/, `/app/jobs/${job.id}`],
    ] as const) {
      await at.page.keyboard.press('Control+k');
      await at.page.getByRole('dialog').getByRole('combobox').fill(words);
      await at.page.getByRole('option', { name }).click();
      await until(`it is at ${path}`, async () => (at.page.url().endsWith(path) ? true : undefined));
    }
  });
}
