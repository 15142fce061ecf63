import { afterAll, beforeAll } from 'vitest';
import { accounts } from '../api/test-api.ts';
import { chromiumPath, openBrowser } from '../processes/browser.ts';
import { startPlatform } from '../processes/platform.ts';
import type { Console, Credentials, OpenConsole } from './console.ts';

/**
 * Opens one platform and one browser for all that a file tries of the console, and closes them after it. Without a browser a test says
 * so and proves nothing.
 */
export function openConsole(): OpenConsole {
  let at: Console | undefined;
  let stop: () => Promise<void> = async () => {};
  beforeAll(async () => {
    const platform = await startPlatform({
      isTold: true,
      env: { WATCHLIST: 'AAPL,MSFT', FINNHUB_PER_MINUTE: '600' },
    });
    stop = () => platform.stop();
    if (chromiumPath === undefined) return;
    const browser = await openBrowser(chromiumPath);
    stop = async () => {
      await browser.close();
      await platform.stop();
    };
    const { page } = browser;
    const visit: Console['visit'] = (path) => page.goto(`${platform.url}${path}`);
    at = { platform, browser, page, visit, logIn: (account) => logInAt(platform.url, browser, account) };
  });
  afterAll(() => stop());
  return (what) => {
    if (!at) process.stdout.write(`the console, ${what}: not run, there is no Chromium\n`);
    return at;
  };
}

/**
 * Nothing of the page is there while the login changes, which it would find out by an answer that is an error. In its place is
 * another answer of the same origin: for the page of another one the browser would start a process, twice a login.
 */
async function logInAt(
  url: string,
  { page, context }: Console['browser'],
  account: keyof typeof accounts | Credentials | undefined,
): Promise<void> {
  await page.goto(`${url}/auth/ping`);
  await page.evaluate('localStorage.clear()');
  await context.clearCookies();
  if (account === undefined) return;
  const data = typeof account === 'string' ? accounts[account] : account;
  // As the page itself does, so that the login is known by the browser's name.
  const headers = { 'user-agent': await page.evaluate<string>('navigator.userAgent') };
  const answer = await context.request.post(`${url}/auth/login`, { data, headers });
  if (!answer.ok()) throw new Error(await answer.text());
  await page.evaluate("localStorage.setItem('orderflow-user', 'somebody')");
}
