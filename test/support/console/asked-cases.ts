import { expect, test } from 'vitest';
import { until } from '../processes/process.ts';
import type { OpenConsole } from './console.ts';

/** Fields by their labels, and what is typed or chosen there, with its name in the address. */
type Asked = Readonly<Record<string, readonly [name: string, value: string]>>;

const lists: Readonly<Record<string, Asked>> = {
  shop: { Search: ['q', 'Chair'] },
  market: { 'Find a symbol': ['q', 'apple'] },
  payments: { Order: ['order', 'abc'], Status: ['status', 'requires_action'] },
  customers: { 'E-mail': ['email', 'demo@example.com'], Role: ['role', 'user'] },
  products: { Search: ['q', 'Chair'] },
  jobs: { About: ['key', 'AAPL'], State: ['state', 'completed'], Kind: ['kind', 'charge-order'] },
  'dead-letters': { Kind: ['kind', 'charge-order'] },
  audit: { What: ['action', 'login'], From: ['from', '2026-01-02'] },
};

/** What a list is asked for stands in its address: it is the same after a reload, and when one comes back to it. */
export function askedCases(opened: OpenConsole): void {
  test.each(Object.entries(lists))(
    '%s is asked the same after a reload, and when one comes back',
    async (view, asked) => {
      const at = opened('addresses of lists');
      if (!at) return;
      await at.logIn('admin');
      await at.visit(`/app/${view}`);
      const fields = Object.entries(asked).map(([label, [name, value]]) => ({
        field: at.page.getByRole('search').getByLabel(new RegExp(`^${label}`)),
        label,
        name,
        value,
      }));
      const before = await at.page.evaluate('history.length');
      for (const { field, label, value } of fields) {
        await field.waitFor();
        const kind = await field.getAttribute('type');
        if (kind === 'date') await field.fill(value);
        else if (kind === 'search' || label === 'What') await field.pressSequentially(value);
        else await field.selectOption(value);
      }
      const said = () => Object.fromEntries(new URLSearchParams(new URL(at.page.url()).hash.slice(2)));
      const wanted = Object.fromEntries(fields.map(({ name, value }) => [name, value]));
      const isAsked = () =>
        until('it is asked so', async () => {
          const values = await Promise.all(fields.map(({ field }) => field.inputValue()));
          return fields.every(({ value }, index) => value === values[index]) ? true : undefined;
        });
      expect(said()).toEqual(wanted);
      // A letter is no step to go back by.
      expect(await at.page.evaluate('history.length')).toBe(before);
      await at.page.reload();
      await isAsked();
      await at.page.getByRole('link', { name: 'Overview' }).press('Enter');
      await at.page.locator('[data-price]').first().waitFor();
      await at.page.goBack();
      await isAsked();
      expect(said()).toEqual(wanted);
    },
  );
}
