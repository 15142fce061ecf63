import { Secret, TOTP } from 'otpauth';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { RecoveryCode, SecondFactor } from '../../../src/entities/accounts.entity.ts';
import { AuditEntry } from '../../../src/entities/ops.entity.ts';
import { newPerson, type Person, sendAs } from '../../support/api/accounts.ts';
import { makeKey } from '../../support/api/personas.ts';
import { problemOf } from '../../support/api/problem-of.ts';
import { Granted, openTestApi, type TestApi } from '../../support/api/test-api.ts';
import { everythingInMysql } from '../../support/stores/everything-stored.ts';

const Enrolment = z.strictObject({ secret: z.string().regex(/^[A-Z2-7]{32}$/), uri: z.string() });
const Codes = z.strictObject({ recovery_codes: z.array(z.string()) });

let api: TestApi;
let strict: TestApi;
beforeAll(async () => {
  api = await openTestApi();
  strict = await openTestApi({ ADMIN_MFA: 'required' });
});
afterAll(async () => {
  await api.close();
  await strict.close();
});

/** The code of so many half minutes from now. */
const codeOf = (secret: string, steps = 0) =>
  TOTP.generate({ secret: Secret.fromBase32(secret), timestamp: Date.now() + steps * 30_000 });
/** Lets the account's last code be forgotten, as when half a minute has gone by. */
const forgetCodes = (id: number, on = api) =>
  on.ctx.orm.em.fork().nativeUpdate(SecondFactor, { userId: id }, { lastStep: null });
const begin = async (person: Person) =>
  Enrolment.parse(await (await person.send('POST', '/auth/mfa', { password: person.password })).json());
const confirm = (person: Person, code: string) => person.send('POST', '/auth/mfa/confirm', { code });
const logIn = ({ email, password }: Person, code?: string, on = api) =>
  on.send('POST', '/auth/login', { body: code === undefined ? { email, password } : { email, password, code } });
const codeOfProblem = async (answer: Response) => (await problemOf(answer)).code;

/** Somebody with a second factor, the app's last code forgotten. */
async function withFactor(on = api, role: 'user' | 'admin' = 'user') {
  const person = await newPerson(on, role);
  const { secret } = await begin(person);
  const { recovery_codes: codes } = Codes.parse(await (await confirm(person, codeOf(secret))).json());
  await forgetCodes(person.id, on);
  return { person, secret, codes };
}

describe('a second factor', () => {
  it('is asked of nobody until a first code confirms it, and ends the other logins then', async () => {
    const person = await newPerson(api);
    const other = await person.logIn();
    const first = await begin(person);
    const { secret, uri } = await begin(person);
    expect(secret).not.toBe(first.secret);
    expect(new URL(uri).searchParams.get('secret')).toBe(secret);
    expect((await logIn(person)).status).toBe(200);
    expect(await codeOfProblem(await confirm(person, codeOf(first.secret)))).toBe('bad_code');
    const confirmed = await confirm(person, codeOf(secret));
    expect([confirmed.status, confirmed.headers.get('cache-control')]).toEqual([200, 'no-store']);
    const { recovery_codes: codes } = Codes.parse(await confirmed.json());
    expect(new Set(codes).size).toBe(10);
    for (const code of codes) expect(code).toMatch(/^([0-9a-f]{4}-){4}[0-9a-f]{4}$/);
    expect((await sendAs(api, other, 'GET', '/auth/me')).status).toBe(401);
    expect((await person.send('GET', '/auth/me')).status).toBe(200);
    expect(await (await person.send('GET', '/auth/mfa')).json()).toMatchObject({
      is_active: true,
      recovery_codes_left: 10,
    });
    const stored = await everythingInMysql(api.ctx.orm, ['second_factors']);
    for (const hidden of [secret, ...codes]) expect(stored).not.toContain(hidden);
  });

  it('is asked of whoever knows the password, and of nobody else', async () => {
    const { person, secret } = await withFactor();
    expect(await codeOfProblem(await logIn(person))).toBe('second_factor_required');
    expect(await codeOfProblem(await logIn(person, '000000'))).toBe('bad_code');
    const wrong = { email: person.email, password: 'wrong', code: codeOf(secret) };
    expect(await codeOfProblem(await api.send('POST', '/auth/login', { body: wrong }))).toBe('bad_credentials');
    expect((await logIn(person, codeOf(secret))).status).toBe(200);
  });

  it('takes each code once, however many come with it, and none that is older', async () => {
    const { person, secret } = await withFactor();
    const code = codeOf(secret, 1);
    const answers = await Promise.all([logIn(person, code), logIn(person, code), logIn(person, code)]);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(await codeOfProblem(await logIn(person, code))).toBe('bad_code');
    expect(await codeOfProblem(await logIn(person, codeOf(secret)))).toBe('bad_code');
    await forgetCodes(person.id);
    for (const steps of [-4, 4])
      expect(await codeOfProblem(await logIn(person, codeOf(secret, steps)))).toBe('bad_code');
  });

  it('takes what is no code as a wrong one, and digits however wide and spaced', async () => {
    const { person, secret } = await withFactor();
    const wide = (code: string) => code.replaceAll(/\d/g, (digit) => String.fromCodePoint(0xff10 + Number(digit)));
    for (const code of ['éééééé', '١٢٣٤٥٦', '      '])
      expect(await codeOfProblem(await logIn(person, code)), code).toBe('bad_code');
    const end = (code: string) => person.send('POST', '/auth/mfa/end', { password: person.password, code });
    expect(await codeOfProblem(await end('éééééé'))).toBe('bad_code');
    expect((await logIn(person, wide(codeOf(secret)))).status).toBe(200);
    await forgetCodes(person.id);
    expect((await logIn(person, codeOf(secret).replace(/^.../, '$&\u3000'))).status).toBe(200);
    const other = await newPerson(api);
    const begun = await begin(other);
    expect(await codeOfProblem(await confirm(other, 'éééééé'))).toBe('bad_code');
    expect((await confirm(other, wide(codeOf(begun.secret)))).status).toBe(200);
  });

  it('takes each recovery code once, of its own account alone', async () => {
    const [{ person, codes }, other] = [await withFactor(), await withFactor()];
    const [first = '', second = ''] = codes;
    expect(await codeOfProblem(await logIn(other.person, first))).toBe('bad_code');
    const answers = await Promise.all([logIn(person, first), logIn(person, first.toUpperCase())]);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect((await logIn(person, second)).status).toBe(200);
    expect(await api.ctx.orm.em.fork().count(RecoveryCode, { userId: person.id })).toBe(8);
  });

  it('is guessed at ten times at the most, from wherever', async () => {
    const { person, secret } = await withFactor();
    const verdicts = [];
    for (let count = 0; count < 11; count += 1)
      verdicts.push(await codeOfProblem(await logIn(person, count % 2 === 0 ? '000000' : 'éééééé')));
    expect(verdicts).toEqual([...Array<string>(10).fill('bad_code'), 'too_many_requests']);
    expect(await codeOfProblem(await logIn(person, codeOf(secret)))).toBe('too_many_requests');
  });

  it('begins and ends with the password in hand, and is audited', async () => {
    const { person, secret } = await withFactor();
    expect(await codeOfProblem(await person.send('POST', '/auth/mfa', { password: 'wrong' }))).toBe('bad_credentials');
    expect(await codeOfProblem(await person.send('POST', '/auth/mfa', { password: person.password }))).toBe(
      'second_factor_active',
    );
    const end = (password: string, code: string) => person.send('POST', '/auth/mfa/end', { password, code });
    expect(await codeOfProblem(await end('wrong', codeOf(secret)))).toBe('bad_credentials');
    expect(await codeOfProblem(await end(person.password, '000000'))).toBe('bad_code');
    expect((await end(person.password, codeOf(secret))).status).toBe(204);
    expect((await logIn(person)).status).toBe(200);
    expect(await codeOfProblem(await confirm(person, codeOf(secret)))).toBe('second_factor_inactive');
    const entries = await api.ctx.orm.em.fork().find(AuditEntry, { userId: person.id, subject: String(person.id) });
    const told = entries.map(({ action, code }) => [action, code ?? null]);
    expect(told).toContainEqual(['confirmSecondFactor', null]);
    expect(told).toContainEqual(['endSecondFactor', null]);
  });

  it('that nobody has is not ended, and no code for it is a wrong one', async () => {
    const person = await newPerson(api);
    const end = (password: string) => person.send('POST', '/auth/mfa/end', { password, code: '000000' });
    expect(await codeOfProblem(await end('wrong'))).toBe('bad_credentials');
    for (let count = 0; count < 11; count += 1)
      expect(await codeOfProblem(await end(person.password))).toBe('second_factor_inactive');
    const { secret } = await begin(person);
    expect(await codeOfProblem(await end(person.password))).toBe('second_factor_inactive');
    expect((await confirm(person, codeOf(secret))).status).toBe(200);
  });

  it('of who has lost everything is ended by an administrator, not their own', async () => {
    const { person } = await withFactor();
    expect((await person.send('DELETE', `/users/${person.id}/mfa`)).status).toBe(403);
    const end = () => api.send('DELETE', `/users/${person.id}/mfa`, { as: 'admin' });
    expect((await end()).status).toBe(204);
    expect((await person.send('GET', '/auth/me')).status).toBe(401);
    expect((await logIn(person)).status).toBe(200);
    expect(await codeOfProblem(await end())).toBe('second_factor_inactive');
    expect((await api.send('DELETE', '/users/2/mfa', { as: 'admin' })).status).toBe(403);
  });
});

describe('where administrators need one', () => {
  it('one without may get one, and nothing else; with it, everything', async () => {
    const { access_token } = Granted.parse(
      await (
        await strict.send('POST', '/auth/login', { body: { email: 'admin@example.com', password: 'orderflow-admin' } })
      ).json(),
    );
    const as = (method: string, path: string, body?: unknown) => sendAs(strict, access_token, method, path, body);
    for (const [method, path] of [
      ['GET', '/users'],
      ['GET', '/orders'],
      ['POST', '/payments/stop'],
      ['GET', '/auth/keys'],
      ['GET', '/admin/queues/api/queues'],
    ] as const)
      expect(await codeOfProblem(await as(method, path)), path).toBe('second_factor_missing');
    expect((await as('GET', '/auth/me')).status).toBe(200);
    const { secret } = Enrolment.parse(await (await as('POST', '/auth/mfa', { password: 'orderflow-admin' })).json());
    expect((await as('POST', '/auth/mfa/confirm', { code: codeOf(secret) })).status).toBe(200);
    expect((await as('GET', '/users')).status).toBe(200);
    await forgetCodes(2, strict);
    const body = { email: 'admin@example.com', password: 'orderflow-admin', code: codeOf(secret) };
    const again = Granted.parse(await (await strict.send('POST', '/auth/login', { body })).json());
    expect((await sendAs(strict, again.access_token, 'GET', '/users')).status).toBe(200);
    // Who had shown a second factor has made the key.
    const { key } = await makeKey(strict, 2, ['users:read:all']);
    expect((await sendAs(strict, key, 'GET', '/users')).status).toBe(200);
    expect((await strict.send('GET', '/orders', { as: 'demo' })).status).toBe(200);
  });
});
