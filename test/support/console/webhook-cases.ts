import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { until } from '../processes/process.ts';
import { type Receiver, startReceiver, verified } from '../upstreams/webhook-receiver.ts';
import { type Console, type OpenConsole, expectSound } from './console.ts';

/** What people do with addresses that are told of events. */
export function webhookCases(opened: OpenConsole): void {
  let receiver: Receiver;
  beforeAll(async () => {
    receiver = await startReceiver();
  });
  afterAll(() => receiver.close());

  test('a webhook is made, tried, told of an order, and told of it again', async () => {
    const at = opened('webhooks');
    if (!at) return;
    await at.logIn('demo');
    await at.visit('/app/webhooks');
    const url = receiver.urlOf('/console');
    await at.page.getByLabel('Address').fill(url);
    await at.page.getByLabel('What it is for').fill('The warehouse');
    await at.page.getByLabel('order.paid').check();
    await at.page.getByRole('button', { name: 'Make the webhook' }).press('Enter');
    const secret = await at.page.getByRole('textbox', { name: /^The secret of/ }).inputValue();
    expect(secret).toMatch(/^whsec_/);
    await expectSound(at, 'webhooks');
    await at.page.getByRole('link', { name: url }).click();
    await at.page.getByRole('button', { name: 'Send a test event' }).click();
    await at.page.getByText('answered with 204').waitFor();
    const [tried] = receiver.arrivals('/console');
    expect(tried && verified(tried, secret)).toMatchObject({ type: 'webhook.test' });

    const order = await place(at);
    await until('it is told', () => receiver.arrivals('/console')[1]);
    const row = at.page.locator('tbody tr').filter({ hasText: order });
    await until('it is listed', async () => {
      await at.page.getByRole('button', { name: 'Read again' }).click();
      return (await row.getByText('delivered').count()) === 1 ? true : undefined;
    });
    await expectSound(at, 'webhook');
    await row.getByRole('button', { name: /^Send again: order.paid/ }).click();
    await until('it is told again', () => receiver.arrivals('/console')[2]);
    await at.page.getByLabel('From').fill(await at.page.evaluate<string>(hourAgo));
    await at.page.getByRole('button', { name: 'Send again', exact: true }).last().click();
    await at.page.getByText('What happened then is told again.').waitFor();
    await until('and once more', () => receiver.arrivals('/console').filter(({ subject }) => subject === order)[2]);
  });

  test('it is paused and resumed, given another secret and other events, and deleted', async () => {
    const at = opened('a webhook');
    if (!at) return;
    await at.logIn('demo');
    const created = await at.platform.send('POST', '/webhooks', { url: receiver.urlOf('/other') });
    const { id, secret } = z.object({ id: z.string(), secret: z.string() }).parse(await created.json());
    await at.visit(`/app/webhooks/${id}`);
    await at.page.getByRole('button', { name: 'Pause' }).click();
    await at.page.locator('[data-status=paused]').waitFor();
    await at.page.getByRole('button', { name: 'Resume' }).click();
    await at.page.locator('[data-status=active]').waitFor();
    await at.page.getByRole('button', { name: 'New secret' }).click();
    await at.page.getByRole('button', { name: 'Yes, make a new one' }).click();
    const next = await at.page.getByRole('textbox', { name: /^The new secret/ }).inputValue();
    expect([next.startsWith('whsec_'), next === secret]).toEqual([true, false]);
    await at.page.getByText('The secret before signs until').waitFor();
    await at.page.getByLabel('order.refunded').check();
    await at.page.getByRole('button', { name: 'Save' }).click();
    await at.page.getByText('It is saved.').waitFor();
    expect(await at.page.getByLabel('order.refunded').isChecked()).toBe(true);
    const shown = z
      .object({ types: z.array(z.string()) })
      .parse(await (await at.platform.send('GET', `/webhooks/${id}`)).json());
    expect(shown.types).toEqual(['order.refunded']);
    // Its answer takes longer than the page usually waits before it reads again.
    await at.page.route(`**/webhooks/${id}`, async (route) => {
      if (route.request().method() !== 'DELETE') return route.continue();
      const response = await route.fetch();
      await sleep(3_500);
      return route.fulfill({ response });
    });
    await at.page.getByRole('button', { name: 'Delete' }).click();
    await at.page.getByRole('button', { name: 'Yes, delete' }).click();
    await at.page.getByRole('heading', { name: 'A new webhook' }).waitFor();
    expect(await at.page.getByRole('link', { name: receiver.urlOf('/other') }).count()).toBe(0);
    await expectSound(at, 'webhooks-after');
  });

  test('its events stay as they are where it could not be read which there are; that is read as soon as it can be', async () => {
    const at = opened('unread events');
    if (!at) return;
    await at.logIn('demo');
    const types = ['order.paid'];
    const created = await at.platform.send('POST', '/webhooks', { url: receiver.urlOf('/unread'), types });
    const { id } = z.object({ id: z.string() }).parse(await created.json());
    // An answer that breaks off is no error of the console.
    await at.page.route('**/asyncapi.json', (route) => route.fulfill({ body: '{' }));
    await at.visit(`/app/webhooks/${id}`);
    await at.page.getByLabel('What it is for').fill('Unread');
    await at.page.getByRole('button', { name: 'Save' }).click();
    await at.page.getByText('It is saved.').waitFor();
    const changed = await (await at.platform.send('GET', `/webhooks/${id}`)).json();
    expect(changed).toMatchObject({ description: 'Unread', types });
    await at.page.unroute('**/asyncapi.json');
    await at.page.getByLabel('order.paid').waitFor();

    // A page that is opened in the background reads once it is looked at.
    await at.page.addInitScript(hideWhereAsked);
    await at.page.evaluate('sessionStorage.isHidden = true');
    await at.page.reload();
    await at.page.getByText('Reading the webhook.').waitFor();
    await at.page.evaluate('delete sessionStorage.isHidden');
    await at.page.evaluate("delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))");
    await at.page.getByLabel('order.paid').waitFor();
    expect((await at.platform.send('DELETE', `/webhooks/${id}`)).ok).toBe(true);
  });
}

/** Makes a page one that is not seen, in a tab that has been told to. */
const hideWhereAsked = `if (sessionStorage.isHidden !== undefined)
  Object.defineProperty(document, 'hidden', { configurable: true, value: true })`;

/** An hour ago, as somebody here would type it. */
const hourAgo = `new Date(Date.now() - 3_600_000 - new Date().getTimezoneOffset() * 60_000).toISOString().slice(0, 16)`;

async function place({ platform }: Console): Promise<string> {
  const answer = await platform.send('POST', '/orders', { products: [1] });
  return z.object({ id: z.string() }).parse(await answer.json()).id;
}
