import { afterAll, beforeAll } from 'vitest';
import { chromiumPath, openBrowser } from '../support/processes/browser.ts';
import { startPlatform } from '../support/processes/platform.ts';
import { accounts } from '../support/api/test-api.ts';
import { accountCases, freshLoginCases } from '../support/console/account-cases.ts';
import type { Console, Credentials } from '../support/console/console.ts';
import { boardCases, deadLinkCases, docsCases, sandboxCases } from '../support/console/docs-cases.ts';
import { figureCases } from '../support/console/figure-cases.ts';
import { frameCases } from '../support/console/frame-cases.ts';
import { keyboardCases } from '../support/console/keyboard-cases.ts';
import { marketCases } from '../support/console/market-cases.ts';
import { orderCases, refusalCases } from '../support/console/order-cases.ts';
import { lostCases, shopCases } from '../support/console/shop-cases.ts';
import { questionCases } from '../support/console/question-cases.ts';
import { staffCases } from '../support/console/staff-cases.ts';
import { webhookCases } from '../support/console/webhook-cases.ts';

// One platform and one browser for every view that has an address.
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
  at = { platform, browser, page: browser.page, visit: (path) => browser.page.goto(`${platform.url}${path}`), logIn };

  // Nothing of the page is there while the login changes, which it would find out by an answer that is an error. In its place is
  // another answer of the same origin: for the page of another one the browser would start a process, twice a login.
  async function logIn(account: keyof typeof accounts | Credentials | undefined): Promise<void> {
    await browser.page.goto(`${platform.url}/auth/ping`);
    await browser.page.evaluate('localStorage.clear()');
    await browser.context.clearCookies();
    if (account === undefined) return;
    const data = typeof account === 'string' ? accounts[account] : account;
    // As the page itself does, so that the login is known by the browser's name.
    const headers = { 'user-agent': await browser.page.evaluate<string>('navigator.userAgent') };
    const answer = await browser.context.request.post(`${platform.url}/auth/login`, { data, headers });
    if (!answer.ok()) throw new Error(await answer.text());
    await browser.page.evaluate("localStorage.setItem('orderflow-user', 'somebody')");
  }
});
afterAll(() => stop());

/** The console in a real browser; without a browser the test says so and proves nothing. */
function opened(what: string): Console | undefined {
  if (!at) process.stdout.write(`the console, ${what}: not run, there is no Chromium\n`);
  return at;
}

frameCases(opened);
orderCases(opened);
shopCases(opened);
marketCases(opened);
staffCases(opened);
keyboardCases(opened);
figureCases(opened);
accountCases(opened);
webhookCases(opened);
questionCases(opened);
docsCases(opened);
boardCases(opened);
sandboxCases(opened);
refusalCases(opened);
freshLoginCases(opened);
lostCases(opened);
deadLinkCases(opened);
