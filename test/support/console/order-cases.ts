import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { EventLog } from '../../../src/entities/outbox.entity.ts';
import { until } from '../processes/process.ts';
import { type Console, type OpenConsole, expectSound, openAbroad } from './console.ts';

/** Orders: the list, and the page of each. */
export function orderCases(opened: OpenConsole): void {
  test('an order that was declined is paid on its page with another card, and its story tells both tries', async () => {
    const at = opened('paying again');
    if (!at) return;
    const id = await place(at, { products: [1], payment_method: 'pm_card_chargeDeclinedInsufficientFunds' });
    await at.logIn('demo');
    await at.visit(`/app/orders/${id}`);
    await at.page.locator('[data-status=payment_failed]').waitFor();
    await at.page.getByText('insufficient funds').first().waitFor();
    await at.page.getByLabel('Test card').selectOption({ label: 'Mastercard, is accepted' });
    await at.page.getByRole('button', { name: 'Pay', exact: true }).click();
    await at.page.locator('[data-status=paid]').waitFor();
    await until('both payments', async () =>
      (await at.page.getByRole('region', { name: 'Payments' }).locator('tbody tr').count()) === 2 ? true : undefined,
    );
    await at.page.getByText('announced as order.paid').waitFor();
    expect(await at.page.getByText(/asked the gateway to charge: .* in \d/).count()).toBe(2);
    // A customer gives nothing back, and is shown no job.
    expect(await at.page.getByRole('button', { name: 'Refund' }).count()).toBe(0);
    expect(await at.page.getByRole('heading', { name: 'Jobs' }).count()).toBe(0);
    await expectSound(at, 'order-page');
  });

  test('a card that asks its holder: who refuses has not paid, who confirms has, and the order says so wherever it is open', async () => {
    const at = opened('a card that asks');
    if (!at) return;
    const id = await place(at, { products: [1], payment_method: 'pm_card_authenticationRequired' });
    await at.logIn('demo');
    await at.visit(`/app/orders/${id}`);
    const confirm = { name: 'Confirm the payment' };
    await at.page.getByRole('link', confirm).waitFor();
    await expectSound(at, 'order-awaited');
    // A tab of its own, so that what this one asks of the sandbox is no outside request of the page.
    const tab = await at.browser.context.newPage();
    await tab.goto(at.page.url());
    await tab.getByRole('link', confirm).click();
    await tab.getByText('60.00 USD').waitFor();
    await tab.getByRole('button', { name: 'Refuse' }).click();
    await tab.locator('[data-status=payment_failed]').waitFor();
    await tab.getByLabel('Test card').selectOption('Asks its holder first');
    await tab.getByRole('button', { name: 'Pay', exact: true }).press('Enter');
    await tab.getByRole('link', confirm).press('Enter');
    await tab.getByRole('button', { name: 'Confirm' }).press('Enter');
    await tab.locator('[data-status=paid]').waitFor();
    await at.page.locator('[data-status=paid]').waitFor();
    await tab.close();
  });

  test('twenty of a hundred dollars are given back by keyboard, with a reason, once that has been confirmed', async () => {
    const at = opened('part refund');
    if (!at) return;
    const id = await place(at, { products: [1, 2] });
    // As where traces are kept.
    const trace = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const log = at.platform.orm.em.fork();
    await until('it is announced', async () =>
      (await log.nativeUpdate(EventLog, { subject: id }, { trace })) > 0 ? true : undefined,
    );
    await at.logIn('admin');
    await at.visit('/app/orders');
    const row = at.page.locator(`[data-row="${id}"]`);
    await row.getByText('paid').waitFor();
    await row.getByRole('link').first().press('Enter');
    await at.page.getByText('Trace 0af7651916cd43dd8448eb211c80319c').waitFor();
    await at.page.getByLabel('Amount').fill('20');
    await at.page.getByLabel('Reason').fill('Arrived torn');
    await at.page.keyboard.press('Enter');
    const yes = at.page.getByRole('button', { name: 'Yes, give $20.00 back' });
    await yes.waitFor();
    expect(await refundsOf(at, id)).toEqual([]);
    await yes.press('Enter');
    await at.page.locator('[data-status=partially_refunded]').waitFor();
    expect(await refundsOf(at, id)).toEqual([{ amount: 20, reason: 'Arrived torn' }]);
    const jobs = at.page.getByRole('region', { name: 'Jobs' });
    await jobs.getByText('charge-order').waitFor();
    await at.page.getByRole('region', { name: 'Refunds' }).getByText('$20.00').waitFor();
    expect(await at.page.locator('main :focus').count()).toBe(1);
    await expectSound(at, 'order-refunded');
    await at.page.emulateMedia({ media: 'print' });
    await at.page.getByText('Receipt of Orderflow').waitFor();
    const printed = ['Items', 'Payments', 'Refunds', 'History', 'Jobs', 'What can be done'];
    const seen = await Promise.all(printed.map((name) => at.page.getByRole('region', { name, exact: true }).count()));
    // Of the first two there is the part and its table.
    expect(seen).toEqual([2, 2, 2, 0, 0, 0]);
    await at.page.emulateMedia({ media: 'screen' });
  });

  test('after a refund the next one is reviewed anew, also while the order cannot be read', async () => {
    const at = opened('one refund');
    if (!at) return;
    const id = await place(at, { products: [1] });
    await until('it is paid', async () => ((await statusOf(at, id)) === 'paid' ? true : undefined));
    await at.logIn('admin');
    await at.visit(`/app/orders/${id}`);
    const old = await (await at.platform.send('GET', `/orders/${id}`)).text();
    await at.page.route(`**/orders/${id}`, (route) => route.fulfill({ contentType: 'application/json', body: old }));
    await at.page.getByLabel('Amount').fill('20');
    await at.page.getByRole('button', { name: 'Give back $20.00' }).click();
    const yes = at.page.getByRole('button', { name: 'Yes, give $20.00 back' });
    await Promise.all([at.page.waitForResponse(`**/orders/${id}/refund`), yes.click()]);
    await yes.waitFor({ state: 'detached' });
    await at.page.getByRole('button', { name: 'Give back $60.00' }).waitFor();
    expect(await refundsOf(at, id)).toHaveLength(1);
    await at.page.unroute(`**/orders/${id}`);
    await at.page.locator('[data-status=partially_refunded]').waitFor();
    await at.page.getByRole('button', { name: 'Give back $40.00' }).waitFor();
  });

  test('all refunds are listed for staff, narrowed by status, lead to their orders, and are saved as CSV; by keyboard alone', async () => {
    const at = opened('refunds');
    if (!at) return;
    await at.logIn('admin');
    await at.visit('/');
    await at.page.getByRole('link', { name: 'Refunds' }).press('Enter');
    // What the case before has given back.
    const row = at.page.locator('[data-row]').filter({ hasText: 'Arrived torn' });
    await row.getByText('$20.00').waitFor();
    await at.page.getByLabel('Status').focus();
    await at.page.keyboard.type('failed');
    await at.page.getByText('There are no such refunds.').waitFor();
    await at.page.getByLabel('Status').press('Home');
    for (const key of ['ArrowDown', 'ArrowDown']) await at.page.keyboard.press(key);
    await row.getByText(/^settled /).waitFor();
    expect(new URL(at.page.url()).hash).toBe('#?status=succeeded');
    await expectSound(at, 'refunds');
    const [file] = await Promise.all([
      at.page.waitForEvent('download'),
      at.page.getByRole('button', { name: 'Save as CSV' }).press('Enter'),
    ]);
    expect(file.suggestedFilename()).toMatch(/^refunds-\d{4}-\d\d-\d\d\.csv$/);
    expect(await readFile(await file.path(), 'utf8')).toMatch(/^id,[^]+\r\n.*,succeeded,.*,USD,20\.00,Arrived torn,/);
    await row.getByRole('link').press('Enter');
    await at.page.locator('[data-status=partially_refunded]').waitFor();
  });

  test('the list moves as orders do, keeps its place while new ones come, and is filtered by status', async () => {
    const at = opened('order list');
    if (!at) return;
    await at.logIn('admin');
    await at.visit('/app/orders');
    const rows = at.page.locator('[data-row]');
    await rows.first().waitFor();
    await at.page.locator('[data-source=orders][data-fine=true]').waitFor();
    const before = await rows.count();
    const id = await place(at, { products: [1], payment_method: 'pm_card_chargeDeclined' });
    const fresh = at.page.getByRole('button', { name: '1 new order' });
    await fresh.waitFor();
    expect(await rows.count()).toBe(before);
    await fresh.click();
    const row = at.page.locator(`[data-row="${id}"]`);
    await row.getByText('payment failed').waitFor();
    await at.page.getByLabel('Status').selectOption('payment failed');
    await until('only those that failed', async () => ((await rows.count()) === 1 ? true : undefined));
    expect((await at.platform.send('POST', `/orders/${id}/cancel`)).status).toBe(200);
    await row.getByText('cancelled').waitFor();
    await expectSound(at, 'orders');
  });

  test('the list is narrowed by everything there is, says so in its address, and is saved whole as CSV', async () => {
    const at = opened('order filters');
    if (!at) return;
    const yen = await place(at, { products: [1], currency: 'JPY' });
    await place(at, { products: [1] });
    await at.platform.send('POST', '/orders', { products: [2] }, 'admin');
    await at.logIn('admin');
    await at.visit('/app/orders');
    const rows = at.page.locator('[data-row]');
    const only = (what: string, isIt: (row: string) => boolean) =>
      until(what, async () => {
        const said = await rows.allTextContents();
        return said.length > 0 && said.every(isIt) ? said.length : undefined;
      });
    await at.page.getByLabel('Id or e-mail').fill('admin@example.com');
    await only('those of an e-mail', (row) => row.includes('user 2'));
    await rows.first().getByRole('link', { name: 'user 2' }).press('Enter');
    await only('those of a customer', (row) => row.includes('user 2'));
    expect(new URL(at.page.url()).hash).toBe('#?user_id=2');
    await at.page.getByLabel('Customer, number').fill('1');
    await at.page.getByLabel('From').fill(new Date().toISOString().slice(0, 10));
    await at.page.getByLabel('Currency').selectOption('USD');
    await at.page.getByLabel('At least').fill('50');
    await at.page.getByLabel('At most').fill('60');
    const shown = await only('those of sixty dollars', (row) => /user 1.*\$60\.00/.test(row));
    await at.page.reload();
    expect(await only('the same after a reload', (row) => /user 1.*\$60\.00/.test(row))).toBe(shown);
    await expectSound(at, 'orders-narrowed');
    // New ones are counted where they could be listed, and only there.
    await at.page.locator('[data-source=orders][data-fine=true]').waitFor();
    // And what is still being typed stays.
    await at.page.getByLabel('At most').fill('60.005');
    await place(at, { products: [2] });
    await place(at, { products: [1] });
    await at.page.getByRole('button', { name: '1 new order' }).waitFor();
    expect(await at.page.getByLabel('At most').inputValue()).toBe('60.005');
    await at.page.getByLabel('At most').fill('60');
    const [file] = await Promise.all([
      at.page.waitForEvent('download'),
      at.page.getByRole('button', { name: 'Save as CSV' }).press('Enter'),
    ]);
    expect(file.suggestedFilename()).toMatch(/^orders-\d{4}-\d\d-\d\d\.csv$/);
    const [head, ...lines] = (await readFile(await file.path(), 'utf8')).trim().split('\r\n');
    expect(head).toMatch(/^id,created_at,status,user_id,/);
    expect(lines).toHaveLength(shown + 1);
    expect(lines.join()).not.toContain(yen);
    expect(await at.page.getByRole('button', { name: '1 new order' }).count()).toBe(1);
    await at.page.getByLabel('Id or e-mail').fill(yen.slice(0, 13));
    await at.page.getByText('There are no such orders.').waitFor();
    await at.page.getByRole('link', { name: 'Orders' }).press('Enter');
    await at.page.locator(`[data-row="${yen}"]`).getByText('¥').waitFor();
  });

  test('the days that the list is narrowed to are the reader’s own, in its file and for new orders too', async () => {
    const at = opened('days of orders');
    if (!at) return;
    const id = await place(at, { products: [1] });
    await at.logIn('admin');
    const { tab, day } = await openAbroad(at);
    const days = `#?from=${day}&to=${day}`;
    await tab.goto(`${at.platform.url}/app/orders${days}`);
    await tab.locator(`[data-row="${id}"]`).waitFor();
    expect([await tab.getByLabel('From').inputValue(), new URL(tab.url()).hash]).toEqual([day, days]);
    const [file] = await Promise.all([
      tab.waitForEvent('download'),
      tab.getByRole('button', { name: 'Save as CSV' }).click(),
    ]);
    expect(await readFile(await file.path(), 'utf8')).toContain(id);
    await tab.locator('[data-source=orders][data-fine=true]').waitFor();
    await place(at, { products: [1] });
    await tab.getByRole('button', { name: '1 new order' }).waitFor();
    await tab.close();
  });

  test('what becomes of an order while the list is on its way is not missed', async () => {
    const at = opened('a slow list');
    if (!at) return;
    await place(at, { products: [1] });
    await at.logIn('admin');
    await at.visit('/app/orders');
    await at.page.locator('[data-source=orders][data-fine=true]').waitFor();
    await at.page.locator('[data-row]').first().waitFor();
    await at.platform.send('POST', '/payments/stop', undefined, 'admin');
    const id = await place(at, { products: [1] });
    await at.page.route('**/orders?limit=20', async (route) => {
      const response = await route.fetch();
      await at.platform.send('POST', '/payments/start', undefined, 'admin');
      await until('it is paid', async () => ((await statusOf(at, id)) === 'paid' ? true : undefined));
      await route.fulfill({ response });
    });
    await at.page.getByRole('button', { name: '1 new order' }).click();
    await at.page.locator(`[data-row="${id}"]`).getByText('paid', { exact: true }).waitFor();
    await at.page.unroute('**/orders?limit=20');
  });
}

/** What the API refuses, which the browser itself reports as errors of the console: the last of all. */
export function refusalCases(opened: OpenConsole): void {
  test('what somebody else has ordered is no page of a customer’s', async () => {
    const at = opened('another’s order');
    if (!at) return;
    const answer = await at.platform.send('POST', '/orders', { products: [1] }, 'admin');
    const { id } = Order.parse(await answer.json());
    await at.logIn('demo');
    await at.visit(`/app/orders/${id}`);
    await at.page.getByText('You have no such order.').waitFor();
    expect(await at.page.getByRole('region', { name: 'Items' }).count()).toBe(0);
  });
}

const Order = z.object({ id: z.string() });
const Refunds = z.object({ refunds: z.array(z.object({ amount: z.number(), reason: z.string().nullable() })) });

async function place({ platform }: Console, body: object): Promise<string> {
  const answer = await platform.send('POST', '/orders', body);
  expect(answer.status).toBe(201);
  return Order.parse(await answer.json()).id;
}

async function refundsOf({ platform }: Console, id: string) {
  return Refunds.parse(await (await platform.send('GET', `/orders/${id}`)).json()).refunds;
}

async function statusOf({ platform }: Console, id: string): Promise<string> {
  return z.object({ status: z.string() }).parse(await (await platform.send('GET', `/orders/${id}`)).json()).status;
}
