import { expect, test } from 'vitest';
import type { OpenConsole } from './console.ts';

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
}
