import { randomUUID, randomUUIDv7 } from 'node:crypto';
import { tracingChannel } from 'node:diagnostics_channel';
import type { EntityManager } from '@mikro-orm/mysql';
import { Secret, TOTP } from 'otpauth';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { hashToken } from '../../../src/accounts/tokens.ts';
import { lockUser } from '../../../src/accounts/users.ts';
import { RecoveryCode, SecondFactor, Token, User, Verification } from '../../../src/entities/accounts.entity.ts';
import { newPerson, type Person } from '../../support/api/accounts.ts';
import { problemOf } from '../../support/api/problem-of.ts';
import { openTestApi, type TestApi } from '../../support/api/test-api.ts';
import { queriesOf } from '../../support/stores/statements.ts';

let api: TestApi;
beforeAll(async () => {
  api = await openTestApi();
});
afterAll(() => api.close());

const Sent = z.object({ query: z.string() });
const em = () => api.ctx.orm.em.fork();
const secret = new Secret({ size: 20 });
const code = () => TOTP.generate({ secret });
const factor = (userId: number, confirmedAt: Date | null) => ({
  userId,
  secret: secret.base32,
  createdAt: new Date(),
  confirmedAt,
});

/** Resolves when this process looks for the factor of an account: the password has been found right. */
async function lookForFactor(): Promise<void> {
  const looked = Promise.withResolvers<void>();
  const hear = (message: unknown) => {
    if (Sent.safeParse(message).data?.query.includes(SecondFactor.meta.tableName)) looked.resolve();
  };
  const { start } = tracingChannel('mysql2:query');
  start.subscribe(hear);
  await looked.promise;
  start.unsubscribe(hear);
}

/** Logs in, and has the account changed as another process would between the look at its password and the making of the login. */
async function logInWhile(
  { id, email, password }: Person,
  change: (tx: EntityManager) => Promise<unknown>,
  more: object = {},
): Promise<Response> {
  const { answer } = await em().transactional(async (tx) => {
    await lockUser(tx, id);
    const looked = lookForFactor();
    const begun = { answer: api.send('POST', '/auth/login', { body: { email, password, ...more } }) };
    await looked;
    await change(tx);
    return begun;
  });
  return answer;
}

describe('a login under way', () => {
  it.each<[string, (tx: EntityManager, id: number) => Promise<unknown>, string]>([
    ['another password', (tx, id) => tx.nativeUpdate(User, { id }, { passwordHash: '$argon2id$' }), 'bad_credentials'],
    ['been deleted', (tx, id) => tx.nativeUpdate(User, { id }, { deletedAt: new Date() }), 'bad_credentials'],
    ['a second factor', (tx, id) => tx.insert(SecondFactor, factor(id, new Date())), 'second_factor_required'],
  ])('is none when its account has %s meanwhile', async (_what, change, problem) => {
    const person = await newPerson(api);
    const before = await em().count(Token, { user: person.id });
    const answer = await logInWhile(person, (tx) => change(tx, person.id));
    expect(await problemOf(answer)).toMatchObject({ status: 401, code: problem });
    expect(await em().count(Token, { user: person.id })).toBe(before);
  });

  it('is none either with a code, and takes none, when the password is another one meanwhile', async () => {
    const person = await newPerson(api);
    await em().insert(SecondFactor, factor(person.id, new Date()));
    const another = (tx: EntityManager) => tx.nativeUpdate(User, { id: person.id }, { passwordHash: '$argon2id$' });
    const answer = await logInWhile(person, another, { code: code() });
    expect((await problemOf(answer)).code).toBe('bad_credentials');
    expect((await em().findOneOrFail(SecondFactor, { userId: person.id })).lastStep).toBeNull();
  });

  it('is one when nothing is another thing than it was', async () => {
    const answer = await logInWhile(await newPerson(api), async () => {});
    expect(answer.status).toBe(200);
  });
});

/** What ends logins, with what it needs done before. */
const ending: Readonly<Record<string, (person: Person) => Promise<() => Promise<Response>>>> = {
  'a link for a new password': async ({ email }) => {
    const token = randomUUID();
    const [createdAt, expiresAt] = [new Date(), new Date(Date.now() + 600_000)];
    const link = { id: randomUUIDv7(), purpose: 'reset', email, hash: hashToken(token), createdAt, expiresAt } as const;
    await em().insert(Verification, link);
    return () => api.send('POST', '/auth/reset/finish', { body: { token, password: 'another sentence' } });
  },
  'a change of the password': async ({ send, password }) => {
    return () => send('POST', '/auth/password', { current: password, new: 'another sentence' });
  },
  'a password that an administrator sets': async ({ id }) => {
    return () => api.send('PATCH', `/users/${id}`, { as: 'admin', body: { password: 'another sentence' } });
  },
  'a second factor': async ({ id, send }) => {
    await em().insert(SecondFactor, factor(id, null));
    return () => send('POST', '/auth/mfa/confirm', { code: code() });
  },
  'the end of a second factor': async ({ id, send, password }) => {
    await em().insert(SecondFactor, factor(id, new Date()));
    return () => send('POST', '/auth/mfa/end', { password, code: code() });
  },
  'the end of a second factor by an administrator': async ({ id }) => {
    await em().insert(SecondFactor, factor(id, new Date()));
    return () => api.send('DELETE', `/users/${id}/mfa`, { as: 'admin' });
  },
  'the end of an account': async ({ id }) => {
    return () => api.send('DELETE', `/users/${id}`, { as: 'admin' });
  },
};
const tables = [User, Token, SecondFactor, RecoveryCode, Verification].map(({ meta }) => meta.tableName);
const isWrite = (query: string) =>
  new RegExp(`^(update|insert|delete)\\W.*\\b(${tables.join('|')})\\b`, 'is').test(query);
const isLock = (query: string) => /^select .*\busers\b.* for update$/is.test(query);

it.each(Object.entries(ending))('%s locks the row of the account before all else', async (_what, prepare) => {
  const end = await prepare(await newPerson(api));
  let status = 0;
  const queries = await queriesOf(async () => {
    ({ status } = await end());
  });
  expect(status).toBeLessThan(300);
  const order = queries.flatMap((query) => (isLock(query) ? ['lock'] : isWrite(query) ? ['write'] : []));
  expect([order[0], order.includes('write')]).toEqual(['lock', true]);
});
