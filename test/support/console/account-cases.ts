import { Secret, TOTP } from 'otpauth';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { Token, User } from '../../../src/entities/accounts.entity.ts';
import { until } from '../processes/process.ts';
import { type Console, type Credentials, type OpenConsole, expectSound } from './console.ts';

const password = 'a sentence that nobody knows';

/** What people do with their own accounts and keys. */
export function accountCases(opened: OpenConsole): void {
  test('a key is made with scopes and an end, shown once, used, rotated and revoked', async () => {
    const at = opened('keys');
    if (!at) return;
    await at.logIn(await register(at, 'keys@example.com'));
    await at.visit('/app/keys');
    await at.page.getByLabel('Name', { exact: true }).fill('Warehouse');
    // A customer gives no more than a customer has.
    expect(await at.page.getByLabel('audit:read').count()).toBe(0);
    await at.page.getByLabel('orders:read', { exact: true }).check();
    await at.page.getByLabel('Lasts').selectOption('a month');
    await at.page.getByRole('button', { name: 'Make the key' }).press('Enter');
    const shown = at.page.getByRole('textbox', { name: /^The key Warehouse/ });
    const key = await shown.inputValue();
    await at.browser.context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await at.page.getByRole('button', { name: 'Copy' }).click();
    await at.page.getByText('It is copied.').waitFor();
    expect(await at.page.evaluate('navigator.clipboard.readText()')).toBe(key);
    await expectSound(at, 'keys');
    expect(await statusWith(at, key, '/orders')).toBe(200);
    expect(await statusWith(at, key, '/webhooks')).toBe(403);
    await at.page.reload();
    const row = at.page.locator('tbody tr');
    await row.getByText(/from 127\.0\.0\.1/).waitFor();
    expect(await at.page.content()).not.toContain(key);

    await at.page.getByRole('button', { name: 'Rotate Warehouse' }).click();
    await at.page.getByLabel('The old one goes on for').selectOption('an hour');
    await at.page.getByRole('button', { name: 'Make the next key' }).click();
    const next = await shown.inputValue();
    expect(next).not.toBe(key);
    expect([await statusWith(at, key, '/orders'), await statusWith(at, next, '/orders')]).toEqual([200, 200]);
    await at.page.getByRole('button', { name: 'I have kept it' }).click();
    for (let left = 2; left > 0; left -= 1) {
      await row.nth(left - 1).waitFor();
      await at.page.getByRole('button', { name: 'Revoke Warehouse' }).first().click();
      await at.page.getByRole('button', { name: 'Yes, revoke' }).click();
      await until('it is gone', async () => ((await row.count()) === left - 1 ? true : undefined));
    }
    await at.page.getByText('You have no keys.').waitFor();
    expect([await statusWith(at, key, '/orders'), await statusWith(at, next, '/orders')]).toEqual([401, 401]);
  });

  test('the password is changed, another login ended, and a mail for the address asked for', async () => {
    const at = opened('account');
    if (!at) return;
    const own = await register(at, 'account@example.com');
    await at.logIn(own);
    const other = await logInElsewhere(at, own, 'curl/8.14.1');
    await at.visit('/app/account');
    const sessions = at.page.getByRole('region', { name: 'Where you are logged in' }).locator('tbody tr');
    await sessions.getByText(/^Chrome/).waitFor();
    await expectSound(at, 'account');
    await at.page.getByRole('button', { name: 'End the login of curl' }).click();
    await at.page.getByRole('button', { name: 'Yes, end it' }).click();
    await until('one is left', async () => ((await sessions.count()) === 1 ? true : undefined));
    expect(await statusWith(at, other, '/auth/me')).toBe(401);

    const mailsBefore = (await at.platform.sandbox.mails()).length;
    await at.page.getByRole('button', { name: 'Send me a link' }).click();
    await at.page.getByText('A mail is on its way').waitFor();
    await until('the mail', async () => (await at.platform.sandbox.mails())[mailsBefore]);

    const third = await logInElsewhere(at, own, 'curl/8.14.1');
    await at.page.getByLabel('The present one').fill(password);
    await at.page.getByLabel(/^A new one/).fill('another sentence');
    await at.page.getByRole('button', { name: 'Change the password' }).click();
    await at.page.getByText('logged out everywhere else').waitFor();
    expect(await statusWith(at, third, '/auth/me')).toBe(401);
    expect(await logInElsewhere(at, { ...own, password: 'another sentence' }, 'curl/8.14.1')).not.toBe('');
  });

  test('a second factor is set up by what an app reads, gives recovery codes, and is turned off by one of them', async () => {
    const at = opened('second factor');
    if (!at) return;
    await at.logIn(await register(at, 'factor@example.com'));
    await at.visit('/app/account');
    await at.page.getByRole('button', { name: 'Set up a second factor' }).click();
    await at.page.getByRole('form', { name: 'Set up a second factor' }).getByLabel('Password').fill(password);
    await at.page.getByRole('button', { name: 'Go on' }).click();
    await at.page.getByRole('img', { name: 'QR code' }).waitFor();
    await expectSound(at, 'second-factor');
    const key = (await at.page.locator('code').first().textContent()) ?? '';
    await at.page.getByLabel('The first code').fill(TOTP.generate({ secret: Secret.fromBase32(key) }));
    await at.page.getByRole('button', { name: 'Turn it on' }).click();
    const codes = (await at.page.getByRole('textbox', { name: /^Recovery codes/ }).inputValue()).split(' ');
    expect(codes).toHaveLength(10);
    await at.page.getByText('with 10 recovery codes left').waitFor();
    await at.page.getByRole('button', { name: 'I have kept it' }).click();
    await at.page.getByRole('button', { name: 'Turn off the second factor' }).click();
    const off = at.page.getByRole('form', { name: 'Turn off the second factor' });
    await off.getByLabel('Password').fill(password);
    await off.getByLabel('Code of your app').fill(codes[0] ?? '');
    await off.getByRole('button', { name: 'Turn it off' }).click();
    await at.page.getByText('Your password alone logs you in.').waitFor();
    await expectSound(at, 'second-factor-off');
  });

  test('who has forgotten the password is mailed a link that leads to a page for a new one', async () => {
    const at = opened('forgotten');
    if (!at) return;
    const { email } = await register(at, 'forgotten@example.com');
    await at.logIn(undefined);
    await at.visit('/app/account');
    await at.page.getByLabel('E-mail').fill(email);
    const mailsBefore = (await at.platform.sandbox.mails()).length;
    await at.page.getByRole('button', { name: 'I have forgotten my password' }).click();
    await at.page.getByText(`If ${email} has an account here`).waitFor();
    await expectSound(at, 'forgotten');
    const mail = await until('the mail', async () => (await at.platform.sandbox.mails())[mailsBefore]);
    await at.visit(`/account${/#\S+/.exec(mail.text)?.[0] ?? ''}`);
    await at.page.getByLabel('New password').fill('a sentence to remember');
    await at.page.getByRole('button', { name: 'Set the password' }).click();
    await at.page.getByText('The password is set').waitFor();
    await at.page.getByRole('link', { name: 'Log in' }).click();
    await at.page.getByRole('button', { name: 'Log in' }).waitFor();
    expect(await logInElsewhere(at, { email, password: 'a sentence to remember' }, 'curl/8.14.1')).not.toBe('');
  });
}

/** What the API refuses first, which the browser itself reports: after all that looks for faults. */
export function freshLoginCases(opened: OpenConsole): void {
  test('where the API wants a fresh login, the password is asked for and what was asked for is done', async () => {
    const at = opened('fresh login');
    if (!at) return;
    const own = await register(at, 'fresh@example.com');
    await logInAnHourAgo(at, own);
    const make = await fillKeyForm(at);
    await make.click();
    const dialog = at.page.getByRole('dialog', { name: 'Is it you' });
    await dialog.getByRole('button', { name: 'Leave it' }).click();
    await at.page.getByText('log in once more').waitFor();
    await make.click();
    await dialog.getByLabel('Password').fill('not it');
    await dialog.getByRole('button', { name: 'Go on' }).click();
    await dialog.getByRole('alert').getByText(/pair/).waitFor();
    await dialog.getByLabel('Password').fill(own.password);
    await dialog.getByRole('button', { name: 'Go on' }).press('Enter');
    await at.page.getByRole('textbox', { name: /^The key Late/ }).waitFor();
    expect(await dialog.count()).toBe(0);
  });

  test('a login that ends elsewhere while the password is asked for takes the question with it', async () => {
    const at = opened('an ended login');
    if (!at) return;
    const own = await register(at, 'ended@example.com');
    await logInAnHourAgo(at, own);
    const make = await fillKeyForm(at);
    await make.click();
    await at.page.getByRole('dialog', { name: 'Is it you' }).waitFor();
    const headers = { origin: at.platform.url };
    const ended = await at.browser.context.request.post(`${at.platform.url}/auth/logout`, { headers });
    expect(ended.ok()).toBe(true);
    await at.page.getByText('You have been logged out elsewhere').waitFor();
    // As long as it is open, nothing else on the page can be used.
    await at.page.locator('dialog[open]').waitFor({ state: 'detached' });
  });
}

/** The login is too old for what needs a fresh one. */
async function logInAnHourAgo(at: Console, own: Credentials): Promise<void> {
  await at.logIn(own);
  const em = at.platform.orm.em.fork();
  const { id: user } = await em.findOneOrFail(User, { email: own.email });
  await em.nativeUpdate(Token, { user }, { createdAt: new Date(Date.now() - 3_600_000) });
  // The API remembers logins for seconds, but for whom somebody changes.
  await at.platform.send('PATCH', `/users/${user}`, { name: 'Ada Exemplar' }, 'admin');
}

/** Fills in the form for a key, and answers what makes it. */
async function fillKeyForm(at: Console) {
  await at.visit('/app/keys');
  await at.page.getByLabel('Name', { exact: true }).fill('Late');
  await at.page.getByLabel('orders:read', { exact: true }).check();
  return at.page.getByRole('button', { name: 'Make the key' });
}

async function register({ platform }: Console, email: string): Promise<Credentials> {
  const answer = await platform.send('POST', '/auth/register', { email, password, name: 'Ada Example' });
  expect(answer.status).toBe(201);
  return { email, password };
}

async function logInElsewhere({ platform }: Console, own: Credentials, agent: string): Promise<string> {
  const headers = { 'content-type': 'application/json', 'user-agent': agent };
  const request = { method: 'POST', headers, body: JSON.stringify(own) };
  const answer = await fetch(`${platform.url}/auth/login`, request);
  return z.object({ access_token: z.string() }).parse(await answer.json()).access_token;
}

async function statusWith({ platform }: Console, token: string, path: string): Promise<number> {
  return (await fetch(`${platform.url}${path}`, { headers: { authorization: `Bearer ${token}` } })).status;
}
