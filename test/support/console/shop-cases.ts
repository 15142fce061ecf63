import { expect, test } from 'vitest';
import { z } from 'zod';
import { loseAnswer } from '../processes/browser.ts';
import { until } from '../processes/process.ts';
import { type Console, type OpenConsole, expectSound } from './console.ts';

/** The shop: the catalogue, and the basket that becomes one order. */
export function shopCases(opened: OpenConsole): void {
  test('products are found by words and by category, and what is sold out cannot be put into the basket', async () => {
    const at = opened('catalogue');
    if (!at) return;
    const lamp = { title: 'Brass Lamp', price: 12.5, category: 'lamps', stock: 0 };
    for (const product of [lamp, { ...lamp, title: 'Brass Shade', price: 7.25, stock: 3 }])
      expect((await at.platform.send('POST', '/products', product, 'admin')).status).toBe(201);
    await at.logIn(undefined);
    await at.visit('/app/shop');
    const products = at.page.locator('.product');
    await until('all of them', async () => ((await products.count()) >= 4 ? true : undefined));
    await at.page.getByLabel('Search').fill('shade');
    await until('the one of that name', async () => ((await products.count()) === 1 ? true : undefined));
    await products.getByText('3 left').waitFor();
    await at.page.getByLabel('Search').fill('');
    await at.page.getByLabel('Category').selectOption('lamps');
    await until('those of the category', async () => ((await products.count()) === 2 ? true : undefined));
    const soldOut = products.filter({ hasText: 'Sold out' });
    await soldOut.getByRole('button').press('Enter');
    await at.page.getByText('Nothing is in it yet.').waitFor();
    await products.filter({ hasText: '3 left' }).getByRole('button').click();
    await at.page.getByRole('link', { name: 'Log in to order' }).waitFor();
    await expectSound(at, 'shop');
    await products.getByRole('link', { name: 'Brass Shade' }).click();
    await at.page.getByRole('heading', { name: 'Brass Shade' }).waitFor();
    await at.page.getByRole('button', { name: 'Add to the basket' }).click();
    await at.page.locator('.basket .sum').getByText('$14.50').waitFor();
  });

  test('a category can be chosen of which the first hundred products have none', async () => {
    const at = opened('a far category');
    if (!at) return;
    const { data } = Listed.parse(await (await at.platform.send('GET', '/products?limit=1')).json());
    const [product] = data;
    const page = (category: string | null, next: string | null) => ({
      json: { data: [{ ...product, category }], next_cursor: next },
    });
    await at.page.route(/\/products\?limit=100/, (route) =>
      route.fulfill(route.request().url().includes('&cursor=far') ? page('lamps', null) : page(null, 'far')),
    );
    await at.logIn(undefined);
    await at.visit('/app/shop');
    await at.page.getByLabel('Category').selectOption('lamps');
    await at.page.getByRole('link', { name: 'Brass Lamp' }).waitFor();
    expect(await at.page.getByRole('button', { name: 'Fetch the feed’s products' }).count()).toBe(0);
    await at.page.unroute(/\/products\?limit=100/);
  });

  test('a basket becomes one order, by keyboard alone; it costs what the API says in the currency that was chosen', async () => {
    const at = opened('basket');
    if (!at) return;
    await at.logIn('demo');
    await at.visit('/app/shop/1');
    await at.page.getByRole('button', { name: 'Add to the basket' }).press('Enter');
    await at.page.getByLabel('Quantity of Field Notebook').fill('3');
    await at.page.keyboard.press('Tab');
    const sum = at.page.locator('.basket .sum');
    await sum.and(at.page.locator('[data-total="180"]')).getByText('$180.00').waitFor();
    await at.page.getByLabel('Paid in').focus();
    await at.page.keyboard.type('EUR');
    await sum.getByText(/€.*1 USD = .* EUR, rate of/).waitFor();
    const wish = { items: [{ product_id: 1, quantity: 3 }], currency: 'EUR' };
    const preview = await at.platform.send('POST', '/orders/preview', wish);
    const { total_amount: total } = z.object({ total_amount: z.number() }).parse(await preview.json());
    expect(await sum.getAttribute('data-total')).toBe(String(total));
    await at.page.getByLabel('Test card').focus();
    await at.page.keyboard.type('Declined');
    await at.page.locator('.sum[data-total]').waitFor();
    await expectSound(at, 'basket');
    await at.page.getByRole('button', { name: 'Place the order' }).press('Enter');
    await at.page.locator('[data-status=payment_failed]').waitFor();
    await at.page.getByText(`Total €${total.toFixed(2)}`).waitFor();
    await at.page.getByRole('link', { name: 'Shop' }).press('Enter');
    await at.page.getByText('Nothing is in it yet.').waitFor();
  });

  test('all tabs of a browser have one basket, of which an order takes what it was of', async () => {
    const at = opened('two tabs');
    if (!at) return;
    await at.logIn('demo');
    await at.visit('/app/shop/1');
    const tab = await at.browser.context.newPage();
    await tab.goto(`${at.platform.url}/app/shop/2`);
    const add = { name: 'Add to the basket' };
    await tab.getByRole('button', add).waitFor();
    await at.page.getByRole('button', add).click();
    await tab.locator('[data-line="1"]').waitFor();
    await tab.getByRole('button', add).click();
    await at.page.locator('.sum[data-total="100"]').waitFor();
    const mugs = tab.getByLabel('Quantity of Enamel Mug');
    const haveMugs = (count: string) =>
      until(`${count} mugs`, async () => ((await mugs.inputValue()) === count ? true : undefined));
    await at.page.route('**/orders', async (route) => {
      await tab.getByRole('button', add).click();
      await haveMugs('2');
      return route.fallback();
    });
    await at.page.getByRole('button', { name: 'Place the order' }).click();
    await at.page.getByText('Total $100.00').waitFor();
    await tab.locator('[data-line="1"]').waitFor({ state: 'detached' });
    await haveMugs('1');
    await at.page.unroute('**/orders');
    await tab.close();
  });
}

/** What is refused or lost on its way, which the browser itself reports as an error of the console: the last of all. */
export function lostCases(opened: OpenConsole): void {
  test('the basket says by itself what has become dearer, and refuses more than are left', async () => {
    const at = opened('a dearer basket');
    if (!at) return;
    const { data } = Products.parse(await (await at.platform.send('GET', '/products?q=brass+shade')).json());
    const path = `/products/${data[0]?.id}`;
    await at.logIn('demo');
    await at.visit(path.replace('/products', '/app/shop'));
    await at.page.getByRole('button', { name: 'Add to the basket' }).click();
    const sum = at.page.locator('.basket .sum[data-total]');
    await sum.getByText('$7.25').waitFor();
    await at.page.locator('.basket li').getByText('3 left').waitFor();
    expect((await at.platform.send('PATCH', path, { price: 8.5 }, 'admin')).status).toBe(200);
    await sum.getByText('$8.50').waitFor();
    await at.page.getByLabel('Quantity of Brass Shade').fill('4');
    // What has been typed stays when the price is read again before it is done.
    expect((await at.platform.send('PATCH', path, { price: 9 }, 'admin')).status).toBe(200);
    await sum.getByText('$9.00').waitFor();
    await at.page.keyboard.press('Tab');
    await at.page.getByText('Fewer than 4 of').waitFor();
    const place = at.page.getByRole('button', { name: 'Place the order' });
    expect(await place.getAttribute('aria-disabled')).toBe('true');
    // What was typed and taken back is not there any more.
    for (const key of ['End', '5', 'Backspace', 'Tab']) await at.page.getByLabel('Quantity of Brass Shade').press(key);
    await at.page.getByRole('button', { name: 'Add to the basket' }).click();
    await until('one more is in it', async () =>
      (await at.page.getByLabel('Quantity of Brass Shade').inputValue()) === '5' ? true : undefined,
    );
    await at.page.getByRole('button', { name: 'Take Brass Shade out' }).click();
    await at.page.getByText('Nothing is in it yet.').waitFor();
  });

  test('an order whose answer is lost is the same one at the next click', async () => {
    const at = opened('one intention');
    if (!at) return;
    await at.logIn('demo');
    await at.visit('/app/shop/2');
    await placeWithoutAnswer(at, {});
  });

  test('an order that has taken the last pieces is the same one at the next click, though they are sold out', async () => {
    const at = opened('the last piece');
    if (!at) return;
    const last = { title: 'The last Candle', price: 12, stock: 1 };
    const answer = await at.platform.send('POST', '/products', last, 'admin');
    await at.logIn('demo');
    await at.visit(`/app/shop/${z.object({ id: z.int() }).parse(await answer.json()).id}`);
    const soldOut = at.page.getByText('Fewer than 1 of');
    await placeWithoutAnswer(at, { until: () => soldOut.waitFor() });
  });
}

/** Orders what the page shows; the answer is lost, and the next click finds the one order there is. */
async function placeWithoutAnswer(at: Console, lost: Parameters<typeof loseAnswer>[2]): Promise<void> {
  await at.page.getByRole('button', { name: 'Add to the basket' }).click();
  const before = await countOrders(at);
  await loseAnswer(at.page, '/orders', lost);
  const place = at.page.getByRole('button', { name: 'Place the order' });
  await place.click();
  await at.page.getByText('The server did not answer').waitFor();
  await place.click();
  await at.page.locator('[data-status=paid]').waitFor();
  expect(await countOrders(at)).toBe(before + 1);
  await at.page.unroute('**/orders');
}

const Listed = z.object({ data: z.array(z.looseObject({ id: z.int() })) });
const Products = z.object({ data: z.array(z.object({ id: z.int() })) });

async function countOrders({ platform }: Console): Promise<number> {
  const answer = await platform.send('GET', '/orders?limit=100');
  return z.object({ data: z.array(z.unknown()) }).parse(await answer.json()).data.length;
}
