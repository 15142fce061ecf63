import { expect, test } from 'vitest';
import { z } from 'zod';
import { beyond } from '../page-scripts.ts';
import { until } from '../processes/process.ts';
import { bury, type OpenConsole, expectSound, settleLetters } from './console.ts';
import { keysOf } from './keys.ts';

/** Whole flows of each part of the page without a mouse: every stop is come to by the tab key. */
export function keyboardCases(opened: OpenConsole): void {
  test('by keyboard alone: a symbol is found, added, put in its place, sorted, alerted on, and taken off', async () => {
    const at = opened('market by keys');
    if (!at) return;
    const { page } = at;
    const keys = keysOf(page);
    await at.logIn('demo');
    await at.visit('/');
    await keys.type(page.getByLabel('Symbol to watch'), 'tsla');
    await page.keyboard.press('Enter');
    await page.locator('.row', { hasText: 'TSLA' }).waitFor();
    await keys.press(page.getByRole('link', { name: 'Market', exact: true }), 'Enter');
    await keys.type(page.getByLabel('Find a symbol'), 'tesla');
    await keys.to(page.locator('.found').getByRole('link', { name: 'TSLA' }));
    const rows = page.locator('tr[data-row]');
    const list = async () => Promise.all((await rows.all()).map((row) => row.getAttribute('data-row')));
    await keys.press(page.getByRole('button', { name: 'Move TSLA', exact: true }), 'ArrowUp', 'ArrowUp');
    await until('on top', async () => ((await list())[0] === 'TSLA' ? true : undefined));
    await keys.choose(page.getByLabel('Sort by'), 'symbol');
    await until('sorted', async () => ((await list()).at(-1) === 'TSLA' ? true : undefined));
    await keys.press(page.getByLabel('Sort by'), 'Home');
    await keys.press(rows.getByRole('link', { name: 'TSLA' }), 'Enter');
    const alerts = page.getByRole('region', { name: 'Alerts' });
    await keys.choose(alerts.getByLabel('Tell me when it is'), 'below');
    await keys.type(alerts.getByRole('spinbutton', { name: 'Price' }), '1');
    await page.keyboard.press('Enter');
    await alerts.getByText(/^below 1, once/).waitFor();
    await keys.press(alerts.getByRole('button', { name: 'Delete' }), 'Enter');
    await alerts.getByText('You are told of no move').waitFor();
    await keys.press(page.getByRole('link', { name: 'Market', exact: true }), 'Enter');
    await keys.press(page.getByRole('button', { name: 'Remove TSLA' }), 'Enter');
    await until('gone', async () => ((await list()).includes('TSLA') ? undefined : true));
    expect(await page.locator('main :focus').count()).toBe(1);
  });

  test('by keyboard alone: a product is found and ordered, paid again, another order cancelled, and a receipt printed', async () => {
    const at = opened('shop by keys');
    if (!at) return;
    const { page } = at;
    const keys = keysOf(page);
    await at.logIn('demo');
    await at.visit('/app/shop');
    const order = async () => {
      await keys.type(page.getByLabel('Search'), 'notebook');
      await until('the one of that name', async () =>
        (await page.locator('.product').count()) === 1 ? true : undefined,
      );
      await keys.press(page.locator('.product').getByRole('button', { name: 'Add' }), 'Enter');
      await keys.choose(page.getByLabel('Test card'), 'Declined');
      await page.locator('.sum[data-total]').waitFor();
      await keys.press(page.getByRole('button', { name: 'Place the order' }), 'Enter');
      await page.locator('[data-status=payment_failed]').waitFor();
    };
    await order();
    await keys.press(page.getByRole('button', { name: 'Cancel the order' }), 'Enter');
    await page.locator('[data-status=cancelled]').waitFor();
    await keys.press(page.getByRole('link', { name: 'Shop', exact: true }), 'Enter');
    await order();
    await keys.choose(page.getByLabel('Test card'), 'Mastercard');
    await keys.press(page.getByRole('button', { name: 'Pay', exact: true }), 'Enter');
    await page.locator('[data-status=paid]').waitFor();
    await page.evaluate("addEventListener('beforeprint', () => (document.title = 'printed'))");
    await keys.press(page.getByRole('button', { name: 'Print a receipt' }), 'Enter');
    await until('the printer is asked', async () => ((await page.title()) === 'printed' ? true : undefined));
    // On paper nothing can be moved sideways: both tries to pay it fit, and nothing but the receipt is there.
    await page.setViewportSize({ width: 718, height: 1_000 });
    await page.emulateMedia({ media: 'print' });
    expect(await page.locator('main tbody tr').count()).toBe(3);
    expect(await page.evaluate(beyond('main td'))).toEqual([]);
    expect(await page.getByRole('navigation').count()).toBe(0);
    await page.emulateMedia({ media: 'screen' });
    await page.setViewportSize({ width: 1_280, height: 900 });
  });

  test('by keyboard alone: orders are filtered, a product is changed, a role given, and what was changed looked up', async () => {
    const at = opened('staff by keys');
    if (!at) return;
    const { page } = at;
    const keys = keysOf(page);
    const link = (name: string) => page.getByRole('link', { name, exact: true });
    await at.logIn('admin');
    await at.visit('/');
    await keys.press(link('Orders'), 'Enter');
    await keys.choose(page.getByLabel('Status'), 'cancelled');
    await until('only those', async () => {
      const said = await page.locator('[data-row]').allTextContents();
      return said.length > 0 && said.every((row) => row.includes('cancelled')) ? true : undefined;
    });
    await keys.press(page.locator('[data-row]').first().getByRole('link').first(), 'Enter');
    await page.locator('[data-status=cancelled]').waitFor();
    await keys.press(link('Products'), 'Enter');
    await keys.press(page.getByRole('button', { name: 'Change Field Notebook' }), 'Enter');
    await keys.type(page.getByLabel('Stock'), '40');
    await page.keyboard.press('Enter');
    await page.getByText('Field Notebook is changed.').waitFor();
    await keys.press(link('Customers'), 'Enter');
    const role = page.getByLabel('Role of demo@example.com');
    for (const [name, key] of [['operator', 'ArrowDown'] as const, ['user', 'ArrowUp'] as const]) {
      await keys.press(role, key);
      await keys.press(page.getByRole('button', { name: 'Change', exact: true }), 'Enter');
      await page.getByText(`demo@example.com has the role ${name} now.`).waitFor();
    }
    await keys.press(link('Payments'), 'Enter');
    await keys.choose(page.getByLabel('Status'), 'failed');
    await keys.to(page.locator('[data-row]').filter({ hasText: 'failed' }).first().getByRole('link'));
    await keys.press(link('Audit log'), 'Enter');
    await keys.type(page.getByLabel('What', { exact: true }), 'changeProduct');
    const change = page.locator('[data-row]').filter({ hasText: 'changeProduct' }).first();
    await keys.press(change.locator('summary'), 'Enter');
    await change.getByText(/"stock": 40/).waitFor();
  });

  test('by keyboard alone: a queue is paused and resumed, why a job waits is found, and dead letters are replayed', async () => {
    const at = opened('operations by keys');
    if (!at) return;
    const { page } = at;
    const keys = keysOf(page);
    const link = (name: string) => page.getByRole('link', { name, exact: true });
    await at.logIn('admin');
    await at.visit('/');
    await keys.press(link('Operations'), 'Enter');
    await keys.press(page.getByRole('button', { name: 'Pause payments' }), 'Enter');
    const payments = page.locator('[data-queue=payments]');
    await payments.getByText('Paused', { exact: true }).waitFor();
    const placed = await at.platform.send('POST', '/orders', { products: [1] });
    const { id } = z.object({ id: z.string() }).parse(await placed.json());
    await keys.press(link('Jobs'), 'Enter');
    await keys.type(page.getByLabel('About'), id);
    const job = page.locator('[data-row]').getByRole('link', { name: 'charge-order' });
    await until('the list is narrowed to it', async () => ((await job.count()) === 1 ? true : undefined));
    await keys.press(job, 'Enter');
    await page.getByText(/It does not run: .*paused/).waitFor();
    await keys.press(link('Operations'), 'Enter');
    await keys.press(page.getByRole('button', { name: 'Resume payments' }), 'Enter');
    await payments.getByText('Running', { exact: true }).first().waitFor();

    await settleLetters(at.platform);
    for (const kind of ['sync-products', 'sync-products', 'prune-tokens', 'prune-tokens', 'prune-tokens'])
      await bury(at.platform, kind);
    await keys.press(link('Dead letters'), 'Enter');
    const letters = page.locator('[data-row]');
    const left = (count: number) =>
      until(`${count} left`, async () => ((await letters.count()) === count ? true : undefined));
    await left(5);
    await keys.press(page.getByRole('button', { name: 'Replay sync-products' }).first(), 'Enter');
    await left(4);
    for (const [kind, count] of [['prune-tokens', 3] as const, ['', 1] as const]) {
      if (kind !== '') await keys.choose(page.getByLabel('Kind'), kind);
      else await keys.press(page.getByLabel('Kind'), 'Home');
      await left(count);
      await keys.press(page.getByRole('button', { name: `Replay all${kind && ` of ${kind}`}` }), 'Enter');
      await page.getByText(`Queue ${count} of ${count} again?`).waitFor();
      await keys.press(page.getByRole('button', { name: 'Yes, replay' }), 'Enter');
      await left(0);
    }
    await page.getByText('No job has given up.').waitFor();
    await expectSound(at, 'after-keys');
  });
}
