import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openAccounts } from '../../../src/accounts/accounts.ts';
import { User } from '../../../src/entities/accounts.entity.ts';
import { AlertFiring } from '../../../src/entities/alerts.entity.ts';
import { mailAlert } from '../../../src/jobs/alerts/mail-alert.job.ts';
import { makeAlert, makePerson } from '../../support/api/personas.ts';
import { performJob } from '../../support/api/perform-job.ts';
import { openTestApi, type TestApi } from '../../support/api/test-api.ts';
import { type Sandbox, startSandbox } from '../../support/upstreams/sandbox-process.ts';

let sandbox: Sandbox;
let api: TestApi;
beforeAll(async () => {
  sandbox = await startSandbox();
  api = await openTestApi({ SMTP_URL: sandbox.urls.mail });
});
afterAll(async () => {
  await api.close();
  await sandbox.stop();
});

const em = () => api.ctx.orm.em.fork();
const fire = async (userId: number, alert: string, number = 1) =>
  em().insert(AlertFiring, { alert, number, userId, position: 1, price: 3, asOf: new Date(), firedAt: new Date() });
const send = (alert_id: string, ctx = api.ctx) => performJob(mailAlert, { alert_id, firing: 1 }, ctx);

/** Somebody whose alert has fired. */
async function somebodyAlerted(emailConfirmedAt: Date | null) {
  const { id } = await makePerson(api);
  await em().nativeUpdate(User, { id }, { emailConfirmedAt });
  const alert = await makeAlert(api, { id });
  await fire(id, alert);
  return { id, alert, email: (await em().findOneOrFail(User, id)).email };
}

describe('mail-alert', () => {
  it('mails once, to whoever has shown that the address is theirs', async () => {
    const { alert, email } = await somebodyAlerted(new Date());
    expect([await send(alert), await send(alert)]).toEqual([{ sent: true }, { sent: false }]);
    const mails = (await sandbox.mails()).filter(({ to }) => to.includes(email));
    expect(mails).toMatchObject([{ subject: 'AAPL is at 3', text: expect.stringContaining('above 1000000000') }]);
    expect(await send((await somebodyAlerted(null)).alert)).toEqual({ sent: false });
  });

  it('sends none beyond twenty an hour, and none without a mail server', async () => {
    const { id, alert } = await somebodyAlerted(new Date());
    for (let number = 1; number <= 20; number += 1) await fire(id, randomUUID(), number);
    await em().nativeUpdate(AlertFiring, { userId: id, alert: { $ne: alert } }, { mailBegunAt: new Date() });
    // The release before noted when they were sent.
    const sentBefore = { mailBegunAt: null, mailedAt: new Date() };
    await em().nativeUpdate(AlertFiring, { userId: id, alert: { $ne: alert }, number: { $lte: 10 } }, sentBefore);
    expect(await send(alert)).toEqual({ sent: false });
    const before = new Date(Date.now() - 3_700_000);
    await em().nativeUpdate(AlertFiring, { userId: id, number: 20 }, { mailBegunAt: before });
    const without = { ...api.ctx, accounts: openAccounts({ ...api.ctx.config, SMTP_URL: undefined }) };
    expect([await send(alert, without), await send(alert)]).toEqual([{ sent: false }, { sent: true }]);
  });

  it('sends twenty an hour when thirty come at once, and as many when each run is repeated', async () => {
    const { id, alert, email } = await somebodyAlerted(new Date());
    for (let number = 2; number <= 30; number += 1) await fire(id, alert, number);
    const numbers = Array.from({ length: 30 }, (_, index) => index + 1);
    const sendAll = async () => {
      const ends = await Promise.all(
        numbers.map((firing) => performJob(mailAlert, { alert_id: alert, firing }, api.ctx)),
      );
      return ends.filter(({ sent }) => sent).length;
    };
    expect([await sendAll(), await sendAll()]).toEqual([20, 0]);
    expect((await sandbox.mails()).filter(({ to }) => to.includes(email))).toHaveLength(20);
  });

  it('gives its place back when the mail is not taken, and keeps it for who comes after a process that died', async () => {
    const { id, alert, email } = await somebodyAlerted(new Date());
    for (let number = 1; number <= 19; number += 1) await fire(id, randomUUID(), number);
    await em().nativeUpdate(AlertFiring, { userId: id, alert: { $ne: alert } }, { mailBegunAt: new Date() });
    const away = { ...api.ctx, accounts: openAccounts({ ...api.ctx.config, SMTP_URL: 'smtp://127.0.0.1:1' }) };
    await expect(send(alert, away)).rejects.toThrow('the mail was not taken');
    expect(await em().findOneOrFail(AlertFiring, { alert })).toMatchObject({ mailBegunAt: null, mailedAt: null });
    await em().nativeUpdate(AlertFiring, { alert }, { mailBegunAt: new Date() });
    expect([await send(alert), await send(alert)]).toEqual([{ sent: true }, { sent: false }]);
    expect((await sandbox.mails()).filter(({ to }) => to.includes(email))).toHaveLength(1);
  });
});
