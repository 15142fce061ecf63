import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { visibility } from '../page-scripts.ts';
import { loseAnswer } from '../processes/browser.ts';
import { until } from '../processes/process.ts';
import type { Console, OpenConsole } from './console.ts';

/** What is lost or late on its way, which the browser itself reports as errors of the console: after all that looks for them. */
export function lostAnswerCases(opened: OpenConsole): void {
  test('who pays once more after a lost answer and another refusal has paid once more', async () => {
    const at = opened('paying after a loss');
    if (!at) return;
    const id = await place(at, { products: [1], payment_method: 'pm_card_chargeDeclined' });
    await at.logIn('demo');
    await at.visit(`/app/orders/${id}`);
    const pay = at.page.getByRole('button', { name: 'Pay', exact: true });
    const tries = at.page.getByRole('region', { name: 'Payments' }).locator('tbody tr').filter({ hasText: 'failed' });
    await loseAnswer(at.page, `/orders/${id}/pay`);
    for (const count of [2, 3]) {
      await at.page.getByLabel('Test card').selectOption('Declined');
      await pay.click();
      await until(`${count} payments`, async () => ((await tries.count()) === count ? true : undefined));
    }
    await at.page.unroute(`**/orders/${id}/pay`);
  });

  test('a refund whose answer is lost is the same one at the next click, which says so', async () => {
    const at = opened('one refund');
    if (!at) return;
    const id = await place(at, { products: [1] });
    await until('it is paid', async () => ((await orderOf(at, id)).status === 'paid' ? true : undefined));
    await at.logIn('admin');
    await at.visit(`/app/orders/${id}`);
    const json = await orderOf(at, id);
    await at.page.route(`**/orders/${id}`, (route) => route.fulfill({ json }));
    await loseAnswer(at.page, `/orders/${id}/refund`);
    await at.page.getByRole('button', { name: 'Give back $60.00' }).click();
    const yes = at.page.getByRole('button', { name: 'Yes, give $60.00 back' });
    await yes.click();
    await at.page.getByText('The server did not answer').waitFor();
    await yes.click();
    await at.page.getByText('It had been done already').waitFor();
    expect((await orderOf(at, id)).refunds).toHaveLength(1);
    await at.page.unroute(`**/orders/${id}`);
    await at.page.unroute(`**/orders/${id}/refund`);
  });

  test('an order of the list that cannot be read when it is paid is read again', async () => {
    const at = opened('a row that was missed');
    if (!at) return;
    onTestFinished(async () => void (await at.platform.send('POST', '/payments/start', undefined, 'admin')));
    await at.platform.send('POST', '/payments/stop', undefined, 'admin');
    const id = await place(at, { products: [1] });
    await at.logIn('admin');
    await at.visit('/app/orders');
    await at.page.locator('[data-source=orders][data-fine=true]').waitFor();
    const row = at.page.locator(`[data-row="${id}"]`);
    await row.getByText('pending').waitFor();
    const away = { status: 503, json: { code: 'unavailable', detail: 'The database did not answer.' } };
    await at.page.route(`**/orders/${id}`, (route) => route.fulfill(away), { times: 1 });
    await at.platform.send('POST', '/payments/start', undefined, 'admin');
    await row.getByText('paid', { exact: true }).waitFor();
  });

  test('a list of which more has been read is as long as before when its page is seen again', async () => {
    const at = opened('a list of two pages');
    if (!at) return;
    for (let count = 0; count < 25; count += 1) await place(at, { products: [1] });
    await at.logIn('admin');
    await at.visit('/app/orders');
    const rows = at.page.locator('[data-row]');
    await at.page.getByRole('button', { name: 'More' }).click();
    await rows.nth(24).waitFor();
    const shown = await rows.count();
    const left = at.page.waitForEvent('requestfailed', (request) => request.url().includes('/streams/orders'));
    await at.page.evaluate(visibility('hidden'));
    await left;
    const id = await place(at, { products: [1] });
    await at.page.evaluate(visibility('visible'));
    await at.page.locator(`[data-row="${id}"]`).waitFor();
    expect(await rows.count()).toBeGreaterThanOrEqual(shown);
  });

  test('what the list shows of an order last was read last, however late an answer comes', async () => {
    const at = opened('a late row');
    if (!at) return;
    const id = await place(at, { products: [1], payment_method: 'pm_card_chargeDeclined' });
    const haveFailed = () =>
      until('it has failed', async () => ((await orderOf(at, id)).status === 'payment_failed' ? true : undefined));
    await haveFailed();
    await at.logIn('admin');
    await at.visit('/app/orders');
    await at.page.locator('[data-source=orders][data-fine=true]').waitFor();
    const row = at.page.locator(`[data-row="${id}"]`);
    await row.getByText('payment failed').waitFor();
    let isAnswered: boolean | undefined;
    await at.page.route(`**/orders/${id}`, async (route) => {
      const isFirst = isAnswered === undefined;
      isAnswered ??= false;
      const response = await route.fetch();
      if (!isFirst) return route.fulfill({ response });
      await haveFailed();
      expect((await at.platform.send('POST', `/orders/${id}/cancel`)).status).toBe(200);
      // That comes after the news of what was cancelled.
      await place(at, { products: [1] });
      await at.page.getByRole('button', { name: '1 new order' }).waitFor();
      await route.fulfill({ response });
      isAnswered = true;
    });
    await at.platform.send('POST', `/orders/${id}/pay`, { payment_method: 'pm_card_chargeDeclined' });
    await until('the first read is answered', () => isAnswered || undefined);
    await row.getByText('cancelled').waitFor();
    await at.page.unroute(`**/orders/${id}`);
  });

  test('a list that is slow after a failure is waited for, and one that fails further down is read on from there', async () => {
    const at = opened('a slow list');
    if (!at) return;
    const failed = new Set<string>();
    await at.page.route(/\/products\?/, async (route) => {
      const asked = new URL(route.request().url()).searchParams;
      const step = asked.get('cursor') ?? 'first';
      if (failed.has(step)) {
        // The weather is found fair every second.
        for (let count = 0; count < 3; count += 1) await at.page.waitForResponse('**/status');
        return route.fulfill({ json: pageOf(step) });
      }
      failed.add(step);
      return route.fulfill({ status: 503, json: { code: 'unavailable', detail: 'The database did not answer.' } });
    });
    await at.logIn('admin');
    await at.visit('/app/products');
    await at.page.getByText('Mug first').waitFor();
    await at.page.getByRole('button', { name: 'More' }).click();
    await at.page.getByText('Mug second').waitFor();
    expect([await at.page.getByText('Mug first').count(), failed.size]).toEqual([1, 2]);
    await at.page.unroute(/\/products\?/);
  });

  test('there is no more of a list while another one is being read', async () => {
    const at = opened('another list');
    if (!at) return;
    let answer = () => {};
    const isAnswered = new Promise<void>((resolve) => {
      answer = resolve;
    });
    await at.page.route(/\/products\?/, async (route) => {
      const words = new URL(route.request().url()).searchParams.get('q') ?? 'first';
      if (words !== 'first') await isAnswered;
      return route.fulfill({ json: pageOf(words) });
    });
    await at.logIn('admin');
    await at.visit('/app/products');
    // While it reads, it is called so.
    const more = at.page.getByRole('button', { name: /^(More|Reading)$/ });
    await more.waitFor();
    await Promise.all([at.page.waitForRequest(/q=second/), at.page.getByLabel('Search').fill('second')]);
    await more.waitFor({ state: 'detached' });
    answer();
    await at.page.getByText('Mug second').waitFor();
    await at.page.unroute(/\/products\?/);
  });
}

/** One product, after which there are more where it is the first. */
function pageOf(name: string): object {
  const product = {
    id: name === 'first' ? 1 : 2,
    title: `Mug ${name}`,
    price: 1,
    currency: 'USD',
    stock: null,
    source: 'own',
  };
  return { data: [product], next_cursor: name === 'first' ? 'second' : null };
}

const Order = z.looseObject({ id: z.string(), status: z.string(), refunds: z.array(z.unknown()) });

async function place({ platform }: Console, body: object): Promise<string> {
  return Order.parse(await (await platform.send('POST', '/orders', body)).json()).id;
}

async function orderOf({ platform }: Console, id: string) {
  return Order.parse(await (await platform.send('GET', `/orders/${id}`)).json());
}
