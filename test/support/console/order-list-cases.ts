import { expect, test } from 'vitest';
import { z } from 'zod';
import { until } from '../processes/process.ts';
import type { Console, OpenConsole } from './console.ts';

/** What the list of orders says of itself: by what it is narrowed, and how much of what is new it does not show. */
export function orderListCases(opened: OpenConsole): void {
  test('whoever skips to the content keeps what the list is narrowed by', async () => {
    const at = opened('skipping');
    if (!at) return;
    await at.logIn('admin');
    await at.visit('/app/orders#?status=paid');
    const status = at.page.getByLabel('Status');
    await status.waitFor();
    await at.page.getByRole('link', { name: 'Skip to content' }).press('Enter');
    await at.page.locator('#main:focus').waitFor();
    expect([new URL(at.page.url()).hash, await status.inputValue()]).toEqual(['#?status=paid', 'paid']);
  });

  test('an order that is placed while the list is on its way is listed, and is no new one beside it', async () => {
    const at = opened('a new order that is listed');
    if (!at) return;
    await place(at);
    await at.logIn('admin');
    await at.visit('/app/orders');
    await at.page.locator('[data-source=orders][data-fine=true]').waitFor();
    await at.page.locator('[data-row]').first().waitFor();
    const fresh = at.page.getByRole('button', { name: /new order/ });
    await place(at);
    await fresh.waitFor();
    let id = '';
    await at.page.route('**/orders?limit=20', async (route) => {
      id = await place(at);
      await at.page.getByRole('button', { name: '1 new order' }).waitFor();
      await route.fulfill({ response: await route.fetch() });
    });
    await fresh.click();
    await until('the list', () => id || undefined);
    await at.page.locator(`[data-row="${id}"]`).waitFor();
    await fresh.waitFor({ state: 'detached' });
    await at.page.unroute('**/orders?limit=20');
  });

  test('what is half typed in a filter goes when another choice has reset it', async () => {
    const at = opened('a filter that is reset');
    if (!at) return;
    await at.logIn('admin');
    await at.visit('/app/orders#?currency=USD&max=60');
    const most = at.page.getByLabel('At most');
    await most.fill('60.005');
    await at.page.getByLabel('Currency').selectOption('JPY');
    await until('another currency', () => (at.page.url().endsWith('#?currency=JPY') ? true : undefined));
    expect(await most.inputValue()).toBe('');
    // Also where nothing was asked for yet.
    await most.fill('60.005');
    await at.page.getByLabel('Currency').selectOption('USD');
    await until('the first one', () => (at.page.url().endsWith('#?currency=USD') ? true : undefined));
    expect(await most.inputValue()).toBe('');
    await most.pressSequentially('60.5');
    await until('what is typed since', () => (at.page.url().endsWith('&max=60.5') ? true : undefined));
    // A browser writes a number anew when what its field began with changes: its point would be lost.
    await most.press('Backspace');
    await most.press('9');
    await until('what was corrected', () => (at.page.url().endsWith('&max=60.9') ? true : undefined));
    const customer = at.page.getByLabel('Customer, number');
    await customer.fill('0');
    await at.page.getByRole('link', { name: 'Orders', exact: true }).press('Enter');
    await until('everything', async () => ((await most.inputValue()) === '' ? true : undefined));
    expect(await customer.inputValue()).toBe('');
  });
}

async function place({ platform }: Console): Promise<string> {
  const answer = await platform.send('POST', '/orders', { products: [1] });
  return z.object({ id: z.string() }).parse(await answer.json()).id;
}
