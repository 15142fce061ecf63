import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openLogins } from '../../../src/api/callers/logins.ts';
import { hashToken } from '../../../src/accounts/tokens.ts';
import { TooLate } from '../../../src/process/deadline.ts';
import { Token, User } from '../../../src/entities/accounts.entity.ts';
import { demoId, newPerson } from '../../support/api/accounts.ts';
import { statementsOf } from '../../support/stores/statements.ts';
import { openTestApi, type TestApi } from '../../support/api/test-api.ts';

let api: TestApi;
let clock: Date;
const now = () => clock;
beforeAll(async () => {
  api = await openTestApi();
});
afterAll(() => api.close());
beforeEach(() => {
  clock = new Date();
});

async function newToken(lastsMs = 60_000): Promise<string> {
  const hash = hashToken(crypto.randomUUID());
  const row = { id: crypto.randomUUID(), user: demoId, hash, createdAt: clock };
  await api.ctx.orm.em.fork().insert(Token, { ...row, expiresAt: new Date(clock.getTime() + lastsMs) });
  return hash;
}
const later = (ms: number) => {
  clock = new Date(clock.getTime() + ms);
};

describe('who a token belongs to', () => {
  it('is asked of MySQL once for all who wait for it, and again for who comes after it was forgotten', async () => {
    const logins = openLogins({ orm: api.ctx.orm, now });
    const hash = await newToken();
    let found: readonly unknown[] = [];
    const heard = await statementsOf(async () => {
      found = await Promise.all(Array.from({ length: 30 }, () => logins.find({ hash, isKey: false })));
    });
    expect(new Set(found)).toEqual(new Set([expect.objectContaining({ userId: demoId })]));
    expect(heard.filter((one) => one === 'select tokens')).toHaveLength(1);
    later(2_100);
    const again = await statementsOf(async () => {
      const before = logins.find({ hash, isKey: false });
      logins.forget(demoId);
      await Promise.all([before, logins.find({ hash, isKey: false })]);
    });
    expect(again.filter((one) => one === 'select tokens')).toHaveLength(2);
  });

  it('is not waited for without end, and is asked anew by who comes after', async () => {
    const logins = openLogins({ orm: api.ctx.orm, now });
    const hash = await newToken();
    const find = () => logins.find({ hash, isKey: false });
    await api.ctx.orm.em.fork().transactional(async (holder) => {
      // The server would end a session that is silent for as long as this may take.
      await holder.execute('/* of the test */ set session wait_timeout = 600');
      await holder.execute('/* of the test */ lock tables tokens write');
      const heard = await statementsOf(async () => {
        await expect(find()).rejects.toThrow(TooLate);
        await expect(find()).rejects.toThrow(TooLate);
      });
      expect(heard.filter((one) => one === 'select tokens')).toHaveLength(2);
      await holder.execute('/* of the test */ unlock tables');
      await holder.execute('/* of the test */ set session wait_timeout = 10');
    });
    expect(await find()).toMatchObject({ userId: demoId });
  });

  it('is asked of MySQL once in two seconds', async () => {
    const logins = openLogins({ orm: api.ctx.orm, now });
    const hash = await newToken();
    expect(logins.recall(hash)).toBeUndefined();
    expect(await logins.find({ hash, isKey: false })).toMatchObject({ userId: demoId, role: 'user' });
    await api.ctx.orm.em.fork().nativeDelete(Token, { hash });
    later(1_900);
    expect(logins.recall(hash)).toMatchObject({ userId: demoId });
    later(200);
    expect(await logins.find({ hash, isKey: false })).toBeUndefined();
  });

  it('is asked of MySQL anew when the clock has been set back', async () => {
    const logins = openLogins({ orm: api.ctx.orm, now });
    const hash = await newToken();
    await logins.find({ hash, isKey: false });
    await api.ctx.orm.em.fork().nativeDelete(Token, { hash });
    later(-3_600_000);
    expect(logins.recall(hash)).toBeUndefined();
  });

  it('is forgotten at the very moment the token expires', async () => {
    const logins = openLogins({ orm: api.ctx.orm, now });
    const hash = await newToken(1_000);
    await logins.find({ hash, isKey: false });
    later(1_001);
    expect(logins.recall(hash)).toBeUndefined();
    expect(await logins.find({ hash, isKey: false })).toBeUndefined();
  });

  it('is not remembered from before it was forgotten, however late MySQL answers', async () => {
    const logins = openLogins({ orm: api.ctx.orm, now });
    const hash = await newToken();
    const finding = logins.find({ hash, isKey: false });
    logins.forget(demoId);
    await finding;
    expect(logins.recall(hash)).toBeUndefined();
  });

  it('is remembered of none that is no good', async () => {
    const logins = openLogins({ orm: api.ctx.orm, now });
    const hash = hashToken('guess');
    expect(await logins.find({ hash, isKey: false })).toBeUndefined();
    expect(logins.recall(hash)).toBeUndefined();
  });
});

describe('in the process that changes it', () => {
  it('a role counts at once', async () => {
    const person = await newPerson(api);
    expect((await person.send('GET', '/users')).status).toBe(403);
    await api.send('PATCH', `/users/${person.id}`, { as: 'admin', body: { role: 'admin' } });
    expect((await person.send('GET', '/users')).status).toBe(200);
  });

  it.each([
    ['logging out', 'POST', '/auth/logout', undefined],
    ['ending all logins', 'DELETE', '/auth/tokens', undefined],
    ['being deleted', 'DELETE', '/users/{id}', undefined],
  ] as const)('%s ends the token at once', async (_what, method, path, body) => {
    const person = await newPerson(api);
    expect((await person.send('GET', '/auth/me')).status).toBe(200);
    expect((await person.send(method, path.replace('{id}', String(person.id)), body)).status).toBe(204);
    expect((await person.send('GET', '/auth/me')).status).toBe(401);
  });

  it('a new password ends every other token at once, and an administrator’s change ends all', async () => {
    const person = await newPerson(api);
    const other = { headers: { authorization: `Bearer ${await person.logIn()}` } };
    expect((await api.send('GET', '/auth/me', other)).status).toBe(200);
    const change = { current: person.password, new: 'another long sentence' };
    expect((await person.send('POST', '/auth/password', change)).status).toBe(204);
    expect((await api.send('GET', '/auth/me', other)).status).toBe(401);
    expect((await person.send('GET', '/auth/me')).status).toBe(200);
    await api.send('PATCH', `/users/${person.id}`, { as: 'admin', body: { password: 'a third long sentence' } });
    expect((await person.send('GET', '/auth/me')).status).toBe(401);
    expect(await api.ctx.orm.em.fork().count(User, { id: person.id })).toBe(1);
  });
});
