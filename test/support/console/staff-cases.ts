import { LockMode } from '@mikro-orm/mysql';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { User } from '../../../src/entities/accounts.entity.ts';
import { Product } from '../../../src/entities/catalog.entity.ts';
import { until } from '../processes/process.ts';
import { bury, type OpenConsole, expectSound, openAbroad } from './console.ts';

const staffViews = [
  'Payments',
  'Refunds',
  'Customers',
  'Products',
  'Operations',
  'Jobs',
  'Dead letters',
  'Audit log',
] as const;
const administrators: ReadonlySet<string> = new Set(['Payments', 'Refunds', 'Customers', 'Products']);

/** What staff and operators look at, and what each may change there. */
export function staffCases(opened: OpenConsole): void {
  test('payments lead to their orders, and are filtered by status', async () => {
    const at = opened('payments');
    if (!at) return;
    await at.platform.send('POST', '/orders', { products: [1], payment_method: 'pm_card_chargeDeclined' });
    await at.logIn('admin');
    await at.visit('/app/payments');
    const rows = at.page.locator('[data-row]');
    await rows.first().waitFor();
    await at.page.getByLabel('Status').selectOption('failed');
    await until('only those that failed', async () => {
      const said = await rows.allTextContents();
      return said.length > 0 && said.every((row) => row.includes('failed')) ? true : undefined;
    });
    await rows
      .first()
      .getByText(/^settled /)
      .waitFor();
    await expectSound(at, 'payments');
    const order = (await rows.first().getByRole('link').getAttribute('href'))?.split('/').at(-1) ?? '';
    await at.page.getByLabel('Order', { exact: true }).fill(order);
    await until('that of the order', async () => ((await rows.count()) === 1 ? true : undefined));
    await rows.first().getByRole('link').click();
    await at.page.locator(`[data-order="${order}"]`).getByRole('heading', { name: 'Items' }).waitFor();
  });

  test('a role is given once it has been confirmed, and the audit log tells of it', async () => {
    const at = opened('customers');
    if (!at) return;
    await at.logIn('admin');
    await at.visit('/app/customers');
    const rows = at.page.locator('[data-row]');
    await until('everybody', async () => ((await rows.count()) >= 2 ? true : undefined));
    await at.page.getByLabel('E-mail').fill('DEMO@example.com');
    await until('the one with that address', async () => ((await rows.count()) === 1 ? true : undefined));
    await at.page.getByRole('link', { name: 'Orders of demo@example.com' }).press('Enter');
    await until('that one’s orders', async () =>
      (await at.page.getByLabel('Customer, number').inputValue()) === '1' ? true : undefined,
    );
    await at.page.goBack();
    const choice = at.page.getByLabel('Role of demo@example.com');
    await choice.selectOption('operator');
    expect(await roleOf(at.platform.send)).toBe('user');
    await at.page.getByRole('button', { name: 'Change', exact: true }).click();
    await at.page.getByText('demo@example.com has the role operator now.').waitFor();
    expect(await roleOf(at.platform.send)).toBe('operator');
    // Nobody takes the own role from oneself by a slip.
    expect(await at.page.getByLabel('Role of admin@example.com').count()).toBe(0);
    await expectSound(at, 'customers');
    await at.page.getByRole('link', { name: 'Audit log' }).click();
    await at.page.getByLabel('What', { exact: true }).fill('changeUser');
    const row = at.page.locator('[data-row]').first();
    await row.getByText('changeUser').waitFor();
    await row.getByText('shown').click();
    await row.getByText(/"role": "operator"/).waitFor();
    await expectSound(at, 'audit');
  });

  test('the days that the audit log is narrowed to are the reader’s own', async () => {
    const at = opened('days of the audit log');
    if (!at) return;
    await at.platform.send('PATCH', '/products/1', { price: 60 }, 'admin');
    await at.logIn('admin');
    const { tab, day } = await openAbroad(at);
    await tab.goto(`${at.platform.url}/app/audit`);
    await tab.getByLabel('From').fill(day);
    const read = tab.waitForResponse((answer) => /\/audit\?.*from=.*to=/.test(answer.url()));
    await tab.getByLabel('To', { exact: true }).fill(day);
    expect(await (await read).json()).toMatchObject({
      data: expect.arrayContaining([expect.objectContaining({ action: 'changeProduct', subject: '1' })]),
    });
    await tab.close();
  });

  test('an operator reads what operators may, and is shown no view and no button for what only administrators may', async () => {
    const at = opened('an operator');
    if (!at) return;
    // The case before has made the demo customer one.
    await bury(at.platform, 'sync-products');
    await at.logIn('demo');
    await at.visit('/app/dead-letters');
    await at.page.getByText('GiveUp: the feed is no list').waitFor();
    for (const title of staffViews)
      expect([title, await at.page.getByRole('link', { name: title, exact: true }).count()]).toEqual([
        title,
        administrators.has(title) ? 0 : 1,
      ]);
    expect(await at.page.getByRole('button', { name: /Replay/ }).count()).toBe(0);
    await at.page.getByRole('link', { name: 'Operations' }).click();
    await at.page.locator('[data-queue=payments]').waitFor();
    expect(await at.page.getByRole('button', { name: /payments|Replay/ }).count()).toBe(0);
    // The page of operations reads on, and would be refused.
    await at.logIn(undefined);
    const change = { role: 'user' as const };
    await at.platform.orm.em.fork().nativeUpdate(User, { email: 'demo@example.com' }, change);
  });

  test('a role that has been given elsewhere is shown once the list has been read again, and the old one is not offered', async () => {
    const at = opened('a role from elsewhere');
    if (!at) return;
    const em = at.platform.orm.em.fork();
    const give = (role: 'user' | 'operator') => em.nativeUpdate(User, { email: 'demo@example.com' }, { role });
    onTestFinished(async () => void (await give('user')));
    await at.logIn('admin');
    await at.visit('/app/customers');
    const choice = at.page.getByLabel('Role of demo@example.com');
    expect(await choice.inputValue()).toBe('user');
    await give('operator');
    await at.page.getByLabel('E-mail').fill('demo@example.com');
    await until('the one with that address', async () =>
      (await at.page.locator('[data-row]').count()) === 1 ? true : undefined,
    );
    expect(await choice.inputValue()).toBe('operator');
    expect(await at.page.getByRole('button', { name: 'Change', exact: true }).count()).toBe(0);
  });

  test('a product is changed, and the feed is read with its outcome', async () => {
    const at = opened('products');
    if (!at) return;
    await at.logIn('admin');
    await at.visit('/app/products');
    await at.page.getByRole('button', { name: 'Change Enamel Mug' }).click();
    await at.page.getByLabel('Stock').fill('12');
    await at.page.getByRole('button', { name: 'Save' }).press('Enter');
    await at.page.getByText('Enamel Mug is changed.').waitFor();
    const { stock } = z.object({ stock: z.int() }).parse(await (await at.platform.send('GET', '/products/2')).json());
    expect(stock).toBe(12);
    await at.page.getByRole('button', { name: 'Add a product' }).press('Enter');
    await at.page.getByLabel('Title').fill('Tin Whistle');
    await at.page.getByLabel('Price, USD').fill('9.50');
    await at.page.keyboard.press('Enter');
    await at.page.getByText('Tin Whistle is added.').waitFor();
    await at.page.getByLabel('Search').fill('whistle');
    await at.page.locator('[data-row]').getByText('$9.50').waitFor();
    await at.page.getByRole('button', { name: 'Take away Tin Whistle' }).press('Enter');
    await at.page.getByRole('button', { name: 'Yes, take it away' }).press('Enter');
    await at.page.getByText('Tin Whistle is taken away.').waitFor();
    await at.page.getByLabel('Search').fill('');
    await at.page.getByRole('button', { name: 'Read the feed' }).press('Enter');
    await at.page.getByText(/The reading is completed: [1-9]\d* new, 0 changed/).waitFor();
    const changes = at.page.getByRole('list', { name: 'What has changed' });
    await changes
      .getByText(/: new, \$\d/)
      .first()
      .waitFor();
    const old = { title: 'An old title', priceMinor: 1_234, feedHash: '', feedSaid: null };
    const em = at.platform.orm.em.fork();
    expect(await em.nativeUpdate(Product, { externalId: '1', deletedAt: null }, old)).toBe(1);
    // As long as somebody holds the product, one can see how far the reading has come.
    await em.transactional(async (tx) => {
      await tx.findOneOrFail(Product, { externalId: '1' }, { lockMode: LockMode.PESSIMISTIC_WRITE });
      await at.page.getByRole('button', { name: 'Read the feed' }).press('Enter');
      await at.page.getByText(/ 0 of [1-9]\d* rows$/).waitFor();
      expect(await at.page.getByRole('progressbar', { name: 'Rows of the feed' }).getAttribute('value')).toBe('0');
    });
    await changes.getByText(/: title An old title → .+, price \$12\.34 → \$\d/).waitFor();
    await expectSound(at, 'products');
  });

  test('what is sold while a product is being changed stays sold', async () => {
    const at = opened('a product that is sold');
    if (!at) return;
    const answer = await at.platform.send(
      'POST',
      '/products',
      { title: 'Copper Kettle', price: 60, stock: 10 },
      'admin',
    );
    const { id } = z.object({ id: z.int() }).parse(await answer.json());
    await at.logIn('admin');
    await at.visit('/app/products');
    await at.page.getByLabel('Search').fill('kettle');
    await at.page.getByRole('button', { name: 'Change Copper Kettle' }).click();
    await at.page.getByLabel('Title').fill('Copper Pot');
    const items = [{ product_id: id, quantity: 4 }];
    expect((await at.platform.send('POST', '/orders', { items, currency: 'USD' })).status).toBe(201);
    expect((await at.platform.send('PATCH', `/products/${id}`, { price: 65 }, 'admin')).status).toBe(200);
    await at.page.getByRole('button', { name: 'Save' }).press('Enter');
    await at.page.getByText('Copper Pot is changed.').waitFor();
    const product = await (await at.platform.send('GET', `/products/${id}`)).json();
    expect(product).toMatchObject({ title: 'Copper Pot', price: 65, stock: 6 });
  });

  test('a shop that knows no category yet offers to read the feed, and then shows what came of it', async () => {
    const at = opened('a new shop');
    if (!at) return;
    await at.logIn(undefined);
    await at.page.route('**/products?limit=100', (route) => route.fulfill({ json: { data: [], next_cursor: null } }));
    await at.visit('/app/shop');
    const fetching = at.page.getByRole('button', { name: 'Fetch the feed’s products' });
    await fetching.waitFor();
    await expectSound(at, 'new-shop');
    await at.page.unroute('**/products?limit=100');
    const [answer] = await Promise.all([at.page.waitForResponse(/sync=true/), fetching.press('Enter')]);
    expect(answer.status()).toBe(200);
    await at.page.getByLabel('Category').selectOption('jewelery');
    await fetching.waitFor({ state: 'detached' });
  });

  test('all dead letters of a kind are replayed once it has been said how many they are', async () => {
    const at = opened('dead letters');
    if (!at) return;
    for (let count = 0; count < 2; count += 1) await bury(at.platform, 'sync-products', { payload: '{"force":true}' });
    await at.logIn('admin');
    await at.visit('/app/dead-letters');
    await at.page.getByLabel('Kind').selectOption('sync-products');
    await at.page.locator('[data-row]').nth(2).waitFor();
    await at.page.getByText('{"force":true}').first().waitFor();
    await expectSound(at, 'dead-letters');
    await at.page.getByRole('button', { name: 'Replay all of sync-products' }).click();
    await at.page.getByText('Queue 3 of 3 again?').waitFor();
    await at.page.getByRole('button', { name: 'Yes, replay' }).click();
    await at.page.getByText('3 are queued again.').waitFor();
    await at.page.getByText('No job has given up.').waitFor();
  });

  test('payments are paused and resumed, and the page of a job that waits says why', async () => {
    const at = opened('a pause');
    if (!at) return;
    // Nobody after it is to wait for payments, whatever becomes of it.
    onTestFinished(async () => void (await at.platform.send('POST', '/payments/start', undefined, 'admin')));
    await at.logIn('admin');
    await at.visit('/app/operations');
    await at.page.getByRole('button', { name: 'Pause payments' }).click();
    const payments = at.page.locator('[data-queue=payments]');
    await payments.getByText('Paused', { exact: true }).waitFor();
    // More than go ahead where hardly anything waits.
    await Promise.all(Array.from({ length: 20 }, () => at.platform.send('POST', '/orders', { products: [1] })));
    await at.page.getByRole('row', { name: /^payments user:1 1/ }).waitFor();
    await at.visit('/app/jobs');
    // An older one may be there all the same.
    await at.page.getByLabel('About').fill('of nobody');
    await at.page.getByText('There is no such job among the newest 3,000.').waitFor();
    await at.page.getByLabel('About').fill('');
    await at.page.getByLabel('Kind').selectOption('charge-order');
    await at.page.getByLabel('State').selectOption('waiting');
    await at.page.getByRole('button', { name: 'Read again' }).click();
    // Rows of the list before may still be there.
    await at.page.locator('[data-row]').filter({ hasText: 'waiting' }).getByRole('link').first().click();
    await at.page.getByText(/It does not run: .*paused/).waitFor();
    await expectSound(at, 'job');
    await at.page.goBack();
    await at.page.getByRole('link', { name: 'Operations' }).click();
    await at.page.getByRole('button', { name: 'Resume payments' }).click();
    await payments.getByText('Running', { exact: true }).first().waitFor();
  });
}

async function roleOf(send: (method: string, path: string) => Promise<Response>): Promise<string> {
  return z.object({ role: z.string() }).parse(await (await send('GET', '/auth/me')).json()).role;
}
