import { expect, test } from 'vitest';
import { z } from 'zod';
import type { BrowserPage } from '../processes/browser.ts';
import type { Platform } from '../processes/platform.ts';
import { until } from '../processes/process.ts';

const AtOnce = z.object({ held: z.array(z.object({ under_way: z.int(), held: z.int() })) });
const Limits = z.object({ data: z.array(z.object({ name: z.string(), at_once: AtOnce.nullable() })) });
const Order = z.object({ id: z.string() });

/** What the page tells of tenants that have as many jobs under way as may be: two here. A part of the tests of the operators' view. */
export function atOnceCases(opened: (what: string) => BrowserPage | undefined, platform: () => Platform): void {
  test('who has as many under way as may be is told of, over all shards, and on a job that is held for it', async () => {
    const at = opened('at once');
    if (!at) return;
    const region = at.page.getByRole('region', { name: 'Under way at once' });
    await at.page.getByText('On payments, 2 of each at most.').waitFor();
    expect(await region.count()).toBe(0);
    // Two at a time, they would take minutes.
    await platform().sandbox.fault({ target: 'stripe', kind: 'slow', seconds: 600, ms: 8_000 });
    let last = '';
    for (let count = 0; count < 30; count += 1) {
      const answer = await platform().send('POST', '/orders', { products: [1] });
      last = Order.parse(await answer.json()).id;
    }
    await until('what the API tells', async () => {
      const shown = await region.locator('td').allTextContents();
      const { data } = Limits.parse(await (await platform().send('GET', '/queues', undefined, 'admin')).json());
      const [told] = data.find(({ name }) => name === 'payments')?.at_once?.held ?? [];
      return told && shown.join() === `payments,user:1,${told.under_way} of 2,${told.held}` ? true : undefined;
    });
    await at.page.goto(`${platform().url}/app/orders/${last}`);
    await at.page.getByRole('link', { name: 'charge-order' }).click();
    await at.page.getByText(/^It does not run: as many of its tenant’s as may be are under way, 2;/).waitFor();
    await platform().sandbox.clearFaults();
    await at.page.getByRole('link', { name: 'Operations' }).click();
    await at.page.getByText('Nobody is held.').waitFor();
  });
}
