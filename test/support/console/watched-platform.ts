import { expect } from 'vitest';
import { accounts } from '../api/test-api.ts';
import { type BrowserPage, chromiumPath, openBrowser } from '../processes/browser.ts';
import { type Platform, startPlatform } from '../processes/platform.ts';
import { startProcess, until } from '../processes/process.ts';

/** A platform with a Redis of its own, to be maltreated part by part while the page is looked at. */
export type WatchedPlatform = Readonly<{
  platform: Platform;
  /** The page with the demo customer logged in; undefined where there is no browser. */
  browser: BrowserPage | undefined;
  /** Places an order as the demo customer. */
  place(): Promise<void>;
  /** Starts the API again where it was. */
  restartApi(): Promise<void>;
  close(): Promise<void>;
}>;

/** Opens it. Prices are asked for about as often as may be. */
export async function openWatchedPlatform(): Promise<WatchedPlatform> {
  const [WATCHLIST, ttl] = ['AAPL,BINANCE:BTCUSDT', '1'];
  const platform = await startPlatform({
    ownRedis: true,
    env: { WATCHLIST, FINNHUB_PER_MINUTE: '600', QUOTE_TTL_SECONDS: ttl, CRYPTO_TTL_SECONDS: ttl },
  });
  const browser = chromiumPath === undefined ? undefined : await openBrowser(chromiumPath);
  if (browser) await logIn(browser, platform.url);
  return {
    platform,
    browser,
    async place() {
      expect((await platform.send('POST', '/orders', { products: [1] })).status).toBe(201);
    },
    async restartApi() {
      const [PORT, HEALTH_PORT] = [new URL(platform.url).port, new URL(platform.healths[0] ?? '').port];
      platform.apis.splice(0, 1, startProcess('src/api/main.ts', [], { ...platform.env, PORT, HEALTH_PORT }));
      await until('the API is ready again', async () =>
        (await fetch(`${platform.url}/readyz`).catch(() => undefined))?.ok ? true : undefined,
      );
    },
    async close() {
      await browser?.close();
      await platform.stop();
    },
  };
}

async function logIn({ page }: BrowserPage, url: string): Promise<void> {
  await page.goto(url);
  await page.getByLabel('E-mail').fill(accounts.demo.email);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByText('No orders yet').waitFor();
}
