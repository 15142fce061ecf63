import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openAccounts } from '../../../src/accounts/accounts.ts';
import { User } from '../../../src/entities/accounts.entity.ts';
import { AuditEntry } from '../../../src/entities/ops.entity.ts';
import { mailPausedWebhook } from '../../../src/jobs/webhooks/mail-paused-webhook.job.ts';
import { pause } from '../../../src/webhooks/pause.ts';
import { performJob } from '../../support/api/perform-job.ts';
import { openTestApi, type TestApi } from '../../support/api/test-api.ts';
import { webhooksOf } from '../../support/api/webhooks.ts';
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

const notice = 'The endpoint answered 410: it is gone.';
let id = '';
let mailsBefore = 0;
beforeEach(async () => {
  const { ctx } = api;
  await ctx.orm.em.fork().nativeUpdate(User, { id: 1 }, { emailConfirmedAt: new Date() });
  ({ id } = await webhooksOf(api).create({ url: 'http://localhost:9/hooks?token=secret' }));
  await ctx.transaction((tx, after) => pause(tx, after, { id, notice, at: new Date() }));
  mailsBefore = (await sandbox.mails()).length;
});
const send = (ctx = api.ctx) => performJob(mailPausedWebhook, { webhook_id: id }, ctx);
const mailed = async () => (await sandbox.mails()).slice(mailsBefore);

describe('mail-paused-webhook', () => {
  it('tells the owner which webhook was paused and why, and nothing of its address that may be secret', async () => {
    expect(await send()).toEqual({ sent: true });
    const [mail] = await mailed();
    expect(mail?.to).toContain('demo@example.com');
    for (const part of ['http://localhost:9 is paused', notice, `https://shop.example/app/webhooks/${id}`])
      expect(mail?.text).toContain(part);
    expect(mail?.text).not.toContain('secret');
    const entry = { action: 'pauseWebhook', subject: id };
    const { userId, after } = await api.ctx.orm.em.fork().findOneOrFail(AuditEntry, entry);
    expect([userId, JSON.parse(after ?? '')]).toEqual([null, { status: 'paused', notice }]);
  });

  it('sends none once the webhook goes on, is paused by its owner, or is deleted', async () => {
    const change = (status: string) => api.send('PATCH', `/webhooks/${id}`, { as: 'demo', body: { status } });
    for (const status of ['active', 'paused']) {
      await change(status);
      expect([status, await send()]).toEqual([status, { sent: false }]);
    }
    await api.send('DELETE', `/webhooks/${id}`, { as: 'demo' });
    expect([await send(), await mailed()]).toEqual([{ sent: false }, []]);
  });

  it('sends none to an address that nobody has confirmed, and none without a mail server', async () => {
    expect(await send({ ...api.ctx, accounts: openAccounts({ ...api.ctx.config, SMTP_URL: undefined }) })).toEqual({
      sent: false,
    });
    await api.ctx.orm.em.fork().nativeUpdate(User, { id: 1 }, { emailConfirmedAt: null });
    expect([await send(), await mailed()]).toEqual([{ sent: false }, []]);
  });

  it('is tried again while the mail server is away; a run that is repeated tells the same', async () => {
    const accounts = openAccounts({ ...api.ctx.config, SMTP_URL: 'smtp://127.0.0.1:1' });
    await expect(send({ ...api.ctx, accounts })).rejects.toThrow('the mail was not taken (ESOCKET)');
    expect([await send(), await send()]).toEqual([{ sent: true }, { sent: true }]);
    const [first, second] = await mailed();
    expect(second?.text).toBe(first?.text);
  });
});
