import { Secret, TOTP } from 'otpauth';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { SecondFactor } from '../../../src/entities/accounts.entity.ts';
import { type BrowserPage, chromiumPath, openBrowser } from '../../support/processes/browser.ts';
import { type Platform, startPlatform } from '../../support/processes/platform.ts';
import { until } from '../../support/processes/process.ts';
import { accounts } from '../../support/api/test-api.ts';
import { adminId } from '../../support/api/accounts.ts';

let platform: Platform;
let browser: BrowserPage | undefined;
beforeAll(async () => {
  platform = await startPlatform();
  if (chromiumPath !== undefined) browser = await openBrowser(chromiumPath);
});
afterAll(async () => {
  await browser?.close();
  await platform.stop();
});

const post = (path: string, body: object) =>
  fetch(`${platform.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
/** The link of the newest mail, at the address where the API is in this test. */
async function linkMailed(count: number): Promise<string> {
  const mail = await until(`mail ${count}`, async () => (await platform.sandbox.mails())[count - 1]);
  return `${platform.url}/account${/#\S+/.exec(mail.text)?.[0] ?? ''}`;
}

it('the page behind a link sets a password and confirms an address, by a button and once', async () => {
  if (!browser) return void process.stdout.write('the page behind links of mails: not run, there is no Chromium\n');
  const { page } = browser;
  await post('/auth/reset', { email: accounts.demo.email });
  const link = await linkMailed(1);
  await page.goto(link);
  expect(page.url()).toBe(`${platform.url}/account`);
  expect(await page.locator('form:visible').count()).toBe(1);
  await page.fill('[name=password]', 'a wholly other sentence');
  await page.click('button:visible');
  await page.waitForSelector('#outcome:has-text("The password is set")');
  const body = { email: accounts.demo.email, password: 'a wholly other sentence' };
  expect((await post('/auth/login', body)).status).toBe(200);
  await page.goto('about:blank');
  await page.goto(link);
  await page.fill('[name=password]', 'a third sentence');
  await page.click('button:visible');
  await page.waitForSelector('#outcome:has-text("ask for another mail")');

  await platform.send('POST', '/auth/confirm', undefined, 'admin');
  const confirming = await linkMailed(2);
  await page.goto('about:blank');
  await page.goto(confirming);
  await page.click('button:visible');
  await page.waitForSelector('#outcome:has-text("the address is confirmed")');
  await page.goto('about:blank');
  await page.goto(`${platform.url}/account`);
  await page.waitForSelector('#outcome:has-text("by the link of a mail")');
  expect(await page.locator('form:visible').count()).toBe(0);
});

it('the login of the board asks for a code whom has a second factor, and nobody else', async () => {
  if (!browser) return void process.stdout.write('the login of the board: not run, there is no Chromium\n');
  const { page } = browser;
  const secret = new Secret();
  const at = new Date();
  const row = { userId: adminId, secret: secret.base32, createdAt: at, confirmedAt: at };
  await platform.orm.em.fork().insert(SecondFactor, row);
  await page.goto(`${platform.url}/admin/queues`);
  await page.fill('[name=email]', accounts.admin.email);
  await page.fill('[name=password]', accounts.admin.password);
  expect(await page.isVisible('[name=code]')).toBe(false);
  await page.click('button[type=submit]');
  await page.fill('[name=code]', '000000');
  await page.click('button[type=submit]');
  await page.waitForSelector('#refusal:has-text("Wrong code")');
  await page.fill('[name=code]', TOTP.generate({ secret }));
  await page.click('button[type=submit]');
  await page.waitForSelector('#root');
  expect(await page.content()).not.toContain('id="login"');
});

it('the live page asks for it in the same way', async () => {
  if (!browser) return void process.stdout.write('the login of the live page: not run, there is no Chromium\n');
  const { page, context } = browser;
  await context.clearCookies();
  const em = platform.orm.em.fork();
  // As when half a minute has gone by.
  await em.nativeUpdate(SecondFactor, { userId: adminId }, { lastStep: null });
  const { secret } = await em.findOneOrFail(SecondFactor, adminId);
  await page.goto(platform.url);
  await page.fill('#log-in', accounts.admin.email);
  await page.fill('[autocomplete=current-password]', accounts.admin.password);
  expect(await page.isVisible('[name=code]')).toBe(false);
  await page.click('form.login button');
  await page.fill('[name=code]', TOTP.generate({ secret: Secret.fromBase32(secret) }));
  await page.click('form.login button');
  await page.waitForSelector('form.login', { state: 'detached' });
});
