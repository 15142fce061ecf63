import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openAccounts } from '../../../src/accounts/accounts.ts';
import { hashToken } from '../../../src/accounts/tokens.ts';
import { askForMail, type Purpose } from '../../../src/accounts/verifications.ts';
import { User, Verification } from '../../../src/entities/accounts.entity.ts';
import { Misconfigured } from '../../../src/errors.ts';
import { sendVerification } from '../../../src/jobs/accounts/send-verification.job.ts';
import { makePerson } from '../../support/api/personas.ts';
import { performJob } from '../../support/api/perform-job.ts';
import { openTestApi, type TestApi } from '../../support/api/test-api.ts';
import { type Sandbox, startSandbox } from '../../support/upstreams/sandbox-process.ts';

let sandbox: Sandbox;
let api: TestApi;
beforeAll(async () => {
  sandbox = await startSandbox();
  api = await openTestApi({ SMTP_URL: sandbox.urls.mail, PUBLIC_URL: 'https://shop.example' });
});
afterAll(async () => {
  await api.close();
  await sandbox.stop();
});

const em = () => api.ctx.orm.em.fork();
async function newAddress(): Promise<string> {
  const { id } = await makePerson(api);
  return (await em().findOneOrFail(User, id)).email;
}
const ask = (purpose: Purpose, email: string) =>
  api.ctx.transaction((tx) => askForMail(tx, purpose, email, new Date()));
const send = (verification_id: string, ctx = api.ctx) => performJob(sendVerification, { verification_id }, ctx);
const mailsTo = async (email: string) => (await sandbox.mails()).filter(({ to }) => to.includes(email));
const tokenIn = (text = '') => /#\w+=([\w-]+)/.exec(text)?.[1] ?? '';

describe('send-verification', () => {
  it.each(['reset', 'confirm'] as const)('mails a link to %s, whose token stands nowhere else', async (purpose) => {
    const email = await newAddress();
    const id = await ask(purpose, email);
    expect(await send(id)).toEqual({ sent: true });
    const [mail, ...others] = await mailsTo(email);
    expect(others).toEqual([]);
    expect(mail?.text).toMatch(new RegExp(`https://shop\\.example/account#${purpose}=[\\w-]{43}\\s`));
    expect(mail?.from).toBe('no-reply@shop.example');
    const row = await em().findOneOrFail(Verification, id);
    expect(row.hash).toBe(hashToken(tokenIn(mail?.text)));
    const minutes = (row.expiresAt.getTime() - Date.now()) / 60_000;
    expect(Math.round(minutes)).toBe(purpose === 'reset' ? 30 : 24 * 60);
  });

  it('sends nothing when it runs again, and another link when it had stopped before it knew', async () => {
    const email = await newAddress();
    const id = await ask('reset', email);
    await send(id);
    expect(await send(id)).toEqual({ sent: false });
    expect(await mailsTo(email)).toHaveLength(1);
    await em().nativeUpdate(Verification, { id }, { sentAt: null });
    await send(id);
    const [first, second] = (await mailsTo(email)).map(({ text }) => hashToken(tokenIn(text)));
    expect(first).not.toBe(second);
    expect((await em().findOneOrFail(Verification, id)).hash).toBe(second);
  });

  it('tells nobody that nobody has the address, and forgets that it was asked', async () => {
    const email = `${randomUUID()}@example.com`;
    const id = await ask('reset', email);
    expect(await send(id)).toEqual({ sent: false });
    expect(await mailsTo(email)).toEqual([]);
    expect(await em().count(Verification, { id })).toBe(0);
  });

  it('sends none to an address that is confirmed, to somebody who is deleted, or beyond five good links', async () => {
    const email = await newAddress();
    await em().nativeUpdate(User, { email }, { emailConfirmedAt: new Date() });
    expect(await send(await ask('confirm', email))).toEqual({ sent: false });
    for (let count = 0; count < 5; count += 1) expect(await send(await ask('reset', email))).toEqual({ sent: true });
    expect(await send(await ask('reset', email))).toEqual({ sent: false });
    await em().nativeUpdate(Verification, { email }, { expiresAt: new Date() });
    expect(await send(await ask('reset', email))).toEqual({ sent: true });
    await em().nativeUpdate(User, { email }, { deletedAt: new Date() });
    await em().nativeDelete(Verification, { email });
    expect(await send(await ask('reset', email))).toEqual({ sent: false });
  });

  it('sends five when ten are wished for at once, and one whose mail server was away keeps its place', async () => {
    const email = await newAddress();
    const ids = await Promise.all(Array.from({ length: 10 }, () => ask('reset', email)));
    const ends = await Promise.all(ids.map((id) => send(id)));
    expect(ends.filter(({ sent }) => sent)).toHaveLength(5);
    expect(await mailsTo(email)).toHaveLength(5);
    const other = await newAddress();
    const kept = await ask('reset', other);
    const away = { ...api.ctx, accounts: openAccounts({ ...api.ctx.config, SMTP_URL: 'smtp://127.0.0.1:1' }) };
    await expect(send(kept, away)).rejects.toThrow('the mail was not taken');
    for (let count = 0; count < 4; count += 1) expect(await send(await ask('reset', other))).toEqual({ sent: true });
    expect([await send(await ask('reset', other)), await send(kept)]).toEqual([{ sent: false }, { sent: true }]);
  });

  it('fails, and has sent nothing, while the mail server is away or none is named', async () => {
    const email = await newAddress();
    const id = await ask('reset', email);
    const accountsAt = (SMTP_URL: string | undefined) => openAccounts({ ...api.ctx.config, SMTP_URL });
    const away = { ...api.ctx, accounts: accountsAt('smtp://127.0.0.1:1') };
    await expect(send(id, away)).rejects.toThrow('the mail was not taken (ESOCKET)');
    await expect(send(id, { ...api.ctx, accounts: accountsAt(undefined) })).rejects.toThrow(Misconfigured);
    expect((await em().findOneOrFail(Verification, id)).sentAt).toBeNull();
    expect(await send(id)).toEqual({ sent: true });
  });
});
