import type { Locator, Page } from 'playwright-core';

// More than a page has stops.
const mostStops = 200;

/** What hands do that have no mouse: they go from stop to stop by the tab key, press keys and type. */
export type Keys = Readonly<{
  /** Goes to where something is; it fails where the tab key never comes to it. */
  to(what: Locator): Promise<void>;
  /** Goes there and presses these keys. */
  press(what: Locator, ...keys: readonly string[]): Promise<void>;
  /** Goes to a field and types in place of what stands in it. */
  type(what: Locator, text: string): Promise<void>;
  /** Goes to a choice and takes the option that begins so. */
  choose(what: Locator, option: string): Promise<void>;
}>;

/** The keyboard of a page. */
export function keysOf(page: Page): Keys {
  const to = async (what: Locator) => {
    await what.waitFor();
    const here = what.and(page.locator(':focus'));
    for (let stops = 0; stops < mostStops; stops += 1) {
      if ((await here.count()) === 1) return;
      await page.keyboard.press('Tab');
    }
    throw new Error(`The tab key does not come to ${what.toString()}`);
  };
  const press = async (what: Locator, ...keys: readonly string[]) => {
    await to(what);
    for (const key of keys) await page.keyboard.press(key);
  };
  return {
    to,
    press,
    async type(what, text) {
      await press(what, 'Control+a');
      await page.keyboard.type(text);
    },
    async choose(what, option) {
      await to(what);
      await page.keyboard.type(option);
    },
  };
}
