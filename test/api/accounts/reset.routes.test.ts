import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { User, Verification } from '../../../src/entities/accounts.entity.ts';
import { AuditEntry } from '../../../src/entities/ops.entity.ts';
import { OutboxMessage } from '../../../src/entities/outbox.entity.ts';
import { sendVerification } from '../../../src/jobs/accounts/send-verification.job.ts';
import { newPerson, type Person, sendAs } from '../../support/api/accounts.ts';
import { makeKey } from '../../support/api/personas.ts';
import { performJob } from '../../support/api/perform-job.ts';
import { pointersOf, problemOf } from '../../support/api/problem-of.ts';
import { openTestApi, type TestApi } from '../../support/api/test-api.ts';
import { everythingInMysql } from '../../support/stores/everything-stored.ts';
import { statementsOf } from '../../support/stores/statements.ts';
import { type Sandbox, startSandbox } from '../../support/upstreams/sandbox-process.ts';

let sandbox: Sandbox;
let api: TestApi;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox.stop());
// Ten mails a minute are all that an address is given by one API.
beforeEach(async () => {
  api = await openTestApi({ SMTP_URL: sandbox.urls.mail });
  await api.ctx.redis.flushdb();
});
afterEach(() => api.close());

const em = () => api.ctx.orm.em.fork();
const password = 'a wholly other sentence';
const ask = (email: string) => api.send('POST', '/auth/reset', { body: { email } });
const finish = (token: string, body: object = { password }, path = '/auth/reset/finish') =>
  api.send('POST', path, { body: { token, ...body } });
const logIn = (email: string, given: string) => api.send('POST', '/auth/login', { body: { email, password: given } });

/** Sends what is due to the address as a worker does, and returns the text of the newest mail. */
async function textMailed(email: string): Promise<string> {
  for (const { id } of await em().find(Verification, { email, sentAt: null }))
    await performJob(sendVerification, { verification_id: id }, api.ctx);
  return (await sandbox.mails()).findLast(({ to }) => to.includes(email))?.text ?? '';
}
/** The token of the newest link. */
const tokenMailed = async (email: string) => /#\w+=([\w-]+)/.exec(await textMailed(email))?.[1] ?? '';
const mailedReset = async ({ email }: Person) => {
  expect((await ask(email)).status).toBe(202);
  return tokenMailed(email);
};

describe('a forgotten password', () => {
  it('is set by the link, which ends every login and key, confirms the address, and is audited', async () => {
    const person = await newPerson(api);
    const { key } = await makeKey(api, person.id, ['orders:read']);
    expect((await sendAs(api, key, 'GET', '/orders')).status).toBe(200);
    const token = await mailedReset(person);
    expect((await finish(token)).status).toBe(204);
    expect((await person.send('GET', '/auth/me')).status).toBe(401);
    expect((await sendAs(api, key, 'GET', '/orders')).status).toBe(401);
    expect((await logIn(person.email, person.password)).status).toBe(401);
    expect((await logIn(person.email, password)).status).toBe(200);
    expect((await em().findOneOrFail(User, person.id)).emailConfirmedAt).toBeInstanceOf(Date);
    const entry = await em().findOneOrFail(AuditEntry, { action: 'finishPasswordReset', subject: String(person.id) });
    expect([entry.userId, entry.status, entry.after]).toEqual([person.id, 204, '{"password":"…"}']);
  });

  it('is set once by a link, and by no other link that was mailed before', async () => {
    const person = await newPerson(api);
    const [first, second] = [await mailedReset(person), await mailedReset(person)];
    expect(new Set([first, second]).size).toBe(2);
    const answers = await Promise.all([finish(second), finish(second)]);
    expect(answers.map(({ status }) => status).toSorted((one, other) => one - other)).toEqual([204, 422]);
    for (const token of [first, second]) expect((await problemOf(await finish(token))).code).toBe('link_not_good');
  });

  it('is not set by a link that is too old, for something else, or of an address that is another one since', async () => {
    const person = await newPerson(api);
    const old = await mailedReset(person);
    await em().nativeUpdate(Verification, { email: person.email }, { expiresAt: new Date() });
    expect(await pointersOf(await finish(old))).toEqual(['/token']);
    expect((await person.send('POST', '/auth/confirm')).status).toBe(202);
    const confirming = await tokenMailed(person.email);
    expect((await problemOf(await finish(confirming))).code).toBe('link_not_good');
    const mailed = await mailedReset(person);
    await em().nativeUpdate(User, { id: person.id }, { email: `${randomUUID()}@example.com` });
    expect((await problemOf(await finish(mailed))).code).toBe('link_not_good');
    expect((await person.send('GET', '/auth/me')).status).toBe(200);
  });

  it('is set by no link of before it was changed otherwise, or the address was, whose account it may be again', async () => {
    const admin = (id: number, body: object) => api.send('PATCH', `/users/${id}`, { as: 'admin', body });
    const changes: readonly ((person: Person) => Promise<Response>)[] = [
      ({ send, password: current }) => send('POST', '/auth/password', { current, new: 'another sentence' }),
      ({ id }) => admin(id, { password: 'another sentence' }),
      async ({ id, email }) => {
        expect((await admin(id, { email: `${randomUUID()}@example.com` })).status).toBe(200);
        return admin(id, { email });
      },
      async ({ id, email }) => {
        expect((await api.send('DELETE', `/users/${id}`, { as: 'admin' })).status).toBe(204);
        return api.send('POST', '/auth/register', { body: { email, password, name: 'Ada Example' } });
      },
    ];
    for (const change of changes) {
      const person = await newPerson(api);
      const token = await mailedReset(person);
      expect((await change(person)).status).toBeLessThan(300);
      expect((await problemOf(await finish(token, { password: 'stolen sentence' }))).code).toBe('link_not_good');
    }
  });

  it('is set by a link that was mailed before something else was changed', async () => {
    const person = await newPerson(api);
    const token = await mailedReset(person);
    expect((await person.send('PATCH', `/users/${person.id}`, { name: 'Ada Exemplar' })).status).toBe(200);
    expect((await finish(token)).status).toBe(204);
  });

  it('is forgotten no more: who has mistyped it too often logs in at once with the new one, from there', async () => {
    const person = await newPerson(api);
    const wrong = async () => (await problemOf(await logIn(person.email, 'mistyped'))).code;
    for (let count = 0; count < 10; count += 1) expect(await wrong()).toBe('bad_credentials');
    expect(await wrong()).toBe('too_many_requests');
    expect((await finish(await mailedReset(person))).status).toBe(204);
    expect((await logIn(person.email, password)).status).toBe(200);
  });

  it('is asked for with the same answer and the same work, whoever has the address', async () => {
    const { email } = await newPerson(api);
    const asked = async (address: string) => {
      let answer: Response | undefined;
      const statements = await statementsOf(async () => void (answer = await ask(address)));
      return [answer?.status, await answer?.text(), statements];
    };
    const [known, unknown] = [await asked(email), await asked(`${randomUUID()}@example.com`)];
    expect(known).toEqual(unknown);
    expect(known[0]).toBe(202);
  });

  it('leaves no token and no address in a job, and no token in any table', async () => {
    const person = await newPerson(api);
    await ask(person.email);
    const rows = await em().find(OutboxMessage, { name: 'send-verification' });
    const queued = (await api.ctx.jobs.queues.get('mails')?.getJobs()) ?? [];
    const bodies = [...rows.map(({ body }) => body), ...queued.map(({ data }) => JSON.stringify(data))];
    expect(bodies.length).toBeGreaterThan(0);
    for (const body of bodies) expect(body).toMatch(/^\{"verification_id":"[\w-]{36}"\}$/);
    const token = await tokenMailed(person.email);
    expect(token).toHaveLength(43);
    const stored = await everythingInMysql(api.ctx.orm);
    expect([stored.includes(person.email), stored.includes(token)]).toEqual([true, false]);
  });

  it('is asked for ten times a minute from an address, and not without a mail server', async () => {
    const answers = [];
    for (let count = 0; count < 11; count += 1) answers.push((await ask(`${randomUUID()}@example.com`)).status);
    expect(answers).toEqual([...Array<number>(10).fill(202), 429]);
    const without = await openTestApi();
    const body = { email: 'ada@example.com' };
    expect((await problemOf(await without.send('POST', '/auth/reset', { body }))).code).toBe('not_configured');
    expect((await problemOf(await without.send('POST', '/auth/confirm', { as: 'demo' }))).code).toBe('not_configured');
    await without.close();
  });
});

describe('an address', () => {
  const me = async (person: Person) => {
    const shown: unknown = await (await person.send('GET', '/auth/me')).json();
    return shown;
  };

  it('is confirmed by the link that registering mails', async () => {
    const email = `${randomUUID()}@example.com`;
    const account = { email, password: 'a long sentence', name: 'Ada Example' };
    expect((await api.send('POST', '/auth/register', { body: account })).status).toBe(201);
    const token = await tokenMailed(email);
    const { expiresAt } = await em().findOneOrFail(Verification, { email });
    await em().nativeUpdate(Verification, { email }, { expiresAt: new Date() });
    expect((await problemOf(await finish(token, {}, '/auth/confirm/finish'))).code).toBe('link_not_good');
    await em().nativeUpdate(Verification, { email }, { expiresAt });
    expect((await finish(token, {}, '/auth/confirm/finish')).status).toBe(204);
    expect((await problemOf(await finish(token, {}, '/auth/confirm/finish'))).code).toBe('link_not_good');
    expect((await em().findOneOrFail(User, { email })).emailConfirmedAt).toBeInstanceOf(Date);
  });

  it('is mailed no name before somebody has shown that it is theirs', async () => {
    const person = await newPerson(api);
    // Such a name is older than the rule that refuses it.
    await em().nativeUpdate(User, { id: person.id }, { name: 'Your parcel is held:\nhttps://evil.example' });
    expect((await person.send('POST', '/auth/confirm')).status).toBe(202);
    expect(await textMailed(person.email)).toMatch(/^Hello,\s+please confirm/);
    expect((await ask(person.email)).status).toBe(202);
    expect(await textMailed(person.email)).toMatch(/^Hello,\s+somebody/);
    expect(await me(person)).toMatchObject({ name: 'Your parcel is held:\nhttps://evil.example' });
    expect((await person.send('PATCH', `/users/${person.id}`, { name: 'Ada Example' })).status).toBe(200);
    await em().nativeUpdate(User, { id: person.id }, { emailConfirmedAt: new Date() });
    expect((await ask(person.email)).status).toBe(202);
    expect(await textMailed(person.email)).toMatch(/^Hello Ada Example,/);
  });

  it('is another one with another e-mail, which has to be confirmed itself', async () => {
    const person = await newPerson(api);
    await person.send('POST', '/auth/confirm');
    await finish(await tokenMailed(person.email), {}, '/auth/confirm/finish');
    expect(await me(person)).toMatchObject({ email_confirmed_at: expect.any(String) });
    const email = `${randomUUID()}@example.com`;
    await person.send('PATCH', `/users/${person.id}`, { email, current_password: person.password });
    expect(await me(person)).toMatchObject({ email, email_confirmed_at: null });
    expect((await finish(await tokenMailed(email), {}, '/auth/confirm/finish')).status).toBe(204);
    expect(await me(person)).toMatchObject({ email_confirmed_at: expect.any(String) });
    expect((await problemOf(await api.send('POST', '/auth/confirm'))).code).toBe('unauthenticated');
  });
});

describe('the mailbox of a stranger', () => {
  const mailsTo = async (email: string) => (await sandbox.mails()).filter(({ to }) => to.includes(email));
  const register = (email: string) =>
    api.send('POST', '/auth/register', { body: { email, password: 'a long sentence', name: 'Ada Example' } });
  const kept = async () => JSON.stringify(await em().execute<object[]>('select * from verifications'));

  it('gets five links to confirm it, however often an account takes its address and leaves it', async () => {
    const person = await newPerson(api);
    const stranger = `${randomUUID()}@example.com`;
    for (let round = 0; round < 8; round += 1) {
      const taking = { email: stranger, current_password: person.password };
      expect((await person.send('PATCH', `/users/${person.id}`, taking)).status).toBe(200);
      const token = await tokenMailed(stranger);
      const leaving = { as: 'admin', body: { email: person.email } } as const;
      expect((await api.send('PATCH', `/users/${person.id}`, leaving)).status).toBe(200);
      expect((await problemOf(await finish(token, {}, '/auth/confirm/finish'))).code).toBe('link_not_good');
    }
    expect(await mailsTo(stranger)).toHaveLength(5);
  });

  it('gets five, however often accounts are opened and deleted with its address, of which nothing is kept', async () => {
    const stranger = `${randomUUID()}@example.com`;
    for (let round = 0; round < 7; round += 1) {
      expect((await register(stranger)).status).toBe(201);
      await textMailed(stranger);
      const { id } = await em().findOneOrFail(User, { email: stranger });
      expect((await api.send('DELETE', `/users/${id}`, { as: 'admin' })).status).toBe(204);
      expect(await kept()).not.toContain(stranger);
    }
    expect(await mailsTo(stranger)).toHaveLength(5);
  });

  it('gets five for a new password, however often whoever has its address sets another', async () => {
    const person = await newPerson(api);
    let current = person.password;
    for (let round = 0; round < 7; round += 1) {
      await mailedReset(person);
      const next = `sentence number ${round}`;
      expect((await person.send('POST', '/auth/password', { current, new: next })).status).toBe(204);
      current = next;
    }
    expect(await mailsTo(person.email)).toHaveLength(5);
  });

  it('gets one for a new password every five minutes where none of them is good, so that its owner is not kept out', async () => {
    const person = await newPerson(api);
    const end = async () => {
      const body = { password: 'set by someone' };
      expect((await api.send('PATCH', `/users/${person.id}`, { as: 'admin', body })).status).toBe(200);
    };
    for (let round = 0; round < 5; round += 1) {
      await mailedReset(person);
      await end();
    }
    const fiveMinutesPass = () => em().execute('update verifications set created_at = created_at - interval 5 minute');
    await fiveMinutesPass();
    await mailedReset(person);
    await end();
    await mailedReset(person);
    expect(await mailsTo(person.email)).toHaveLength(6);
    await fiveMinutesPass();
    const token = await mailedReset(person);
    await fiveMinutesPass();
    // One of them is good.
    await mailedReset(person);
    expect(await mailsTo(person.email)).toHaveLength(7);
    expect((await finish(token)).status).toBe(204);
  });

  it('gets as many as before once its owner has used a link', async () => {
    const person = await newPerson(api);
    for (let round = 0; round < 4; round += 1) {
      await mailedReset(person);
      const body = { password: 'set by someone' };
      expect((await api.send('PATCH', `/users/${person.id}`, { as: 'admin', body })).status).toBe(200);
    }
    expect((await finish(await mailedReset(person))).status).toBe(204);
    expect(await mailedReset(person)).toHaveLength(43);
    expect(await mailsTo(person.email)).toHaveLength(6);
  });
});
