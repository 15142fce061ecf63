import type { Locator } from 'playwright-core';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { formatted } from '../page-scripts.ts';
import { until } from '../processes/process.ts';
import { bury, type Console, type OpenConsole } from './console.ts';

const mostSteps = 3;

/** What people come to the page to find out: each is answered in at most three clicks or keys from home. */
export function questionCases(opened: OpenConsole): void {
  test('“was that order charged, and when?” is answered by its id, by keyboard alone', async () => {
    const at = opened('was it charged');
    if (!at) return;
    const { id } = await place(at);
    const paidAt = await until('it is paid', async () => (await orderOf(at, id)).paid_at ?? undefined);
    await home(at);
    const steps = stepsOf(at);
    await steps.press('Control+k');
    await at.page.getByRole('combobox').waitFor();
    // As a paste does: one key, whatever is pasted.
    await steps.paste(id);
    await at.page.getByRole('option', { name: /Order/ }).waitFor();
    await steps.press('Enter');
    await at.page.locator('[data-status=paid]').waitFor();
    const paid = at.page.locator('.facts div', { hasText: 'Paid' }).locator('time');
    expect(await paid.getAttribute('datetime')).toBe(paidAt);
    expect(await paid.textContent()).toBe(await at.page.evaluate(formatted(paidAt)));
    expect(steps.taken()).toBeLessThanOrEqual(mostSteps);
  });

  test('“give 20 of 100 dollars back” is done on the order’s page, once it has been confirmed', async () => {
    const at = opened('give some back');
    if (!at) return;
    const { id } = await place(at);
    await until('it is paid', async () => ((await orderOf(at, id)).paid_at ? true : undefined));
    await home(at);
    const steps = stepsOf(at);
    const order = at.page.locator(`[data-order="${id}"]`);
    await steps.click(order.getByRole('link'));
    await at.page.getByLabel('Amount').fill('20');
    await steps.press('Enter');
    await steps.click(at.page.getByRole('button', { name: 'Yes, give $20.00 back' }));
    await at.page.locator('[data-status=partially_refunded]').waitFor();
    expect((await orderOf(at, id)).refunded_amount).toBe(20);
    expect(steps.taken()).toBeLessThanOrEqual(mostSteps);
  });

  test('“what failed in the last hour?” is answered by the dead letters, newest first, each with when and why', async () => {
    const at = opened('what failed');
    if (!at) return;
    const reason = 'GiveUp: the feed speaks in riddles';
    const { diedAt } = await bury(at.platform, 'sync-products', { reason });
    await home(at);
    const steps = stepsOf(at);
    await steps.click(at.page.getByRole('link', { name: 'Dead letters' }));
    const newest = at.page.locator('[data-row]').first();
    await newest.getByText(reason).waitFor();
    expect(await newest.textContent()).toContain(await at.page.evaluate(formatted(diedAt.toISOString())));
    expect(steps.taken()).toBeLessThanOrEqual(mostSteps);
  });

  test('“is the gateway up?” is answered where one is, and so is “why is AAPL’s price old?”', async () => {
    const at = opened('is it up');
    if (!at) return;
    await home(at);
    const gateway = at.page.locator('[data-source=gateway]');
    await at.page.locator('[data-source=gateway][data-fine=true]').waitFor();
    await at.platform.sandbox.fault({ target: 'stripe', kind: '5xx', seconds: 600 });
    await at.platform.sandbox.fault({ target: 'finnhub', kind: '5xx', seconds: 600 });
    await place(at);
    await gateway.getByText('does not answer').waitFor();
    const head = at.page.locator('.live');
    await head.getByText('The payment gateway does not answer').waitFor();
    await head.getByText('The provider of prices does not answer').waitFor();
    await at.page
      .locator('.row', { hasText: 'AAPL' })
      .getByText(/^\d+ s old$/)
      .waitFor();
    await at.platform.sandbox.clearFaults();
    await head.getByText('Live', { exact: true }).waitFor();
    await at.page.locator('[data-source=gateway][data-fine=true]').waitFor();
  });
}

const Order = z.object({ id: z.string(), paid_at: z.string().nullable(), refunded_amount: z.number() });

async function place({ platform }: Console) {
  const answer = await platform.send('POST', '/orders', { products: [1, 2] });
  expect(answer.status).toBe(201);
  return Order.parse(await answer.json());
}

async function orderOf({ platform }: Console, id: string) {
  return Order.parse(await (await platform.send('GET', `/orders/${id}`)).json());
}

async function home(at: Console): Promise<void> {
  await at.logIn('admin');
  await at.visit('/');
  await at.page.locator('[data-source=orders][data-fine=true]').waitFor();
}

/** Counts what hands do; an amount that is typed is what the question says, and no step. */
function stepsOf({ page }: Console) {
  let taken = 0;
  const step = (work: () => Promise<void>) => {
    taken += 1;
    return work();
  };
  return {
    click: (what: Locator) => step(() => what.click()),
    press: (key: string) => step(() => page.keyboard.press(key)),
    paste: (text: string) => step(() => page.keyboard.insertText(text)),
    taken: () => taken,
  };
}
