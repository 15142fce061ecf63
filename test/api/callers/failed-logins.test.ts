import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { buildApp } from '../../../src/api/app.ts';
import { hashing, openPasswords } from '../../../src/accounts/passwords.ts';
import { newPerson, type Person } from '../../support/api/accounts.ts';
import { openTestApi, type TestApi } from '../../support/api/test-api.ts';
import { problemOf } from '../../support/api/problem-of.ts';

const Begun = z.object({ running: z.int() });

let api: TestApi;
let person: Person;
let begun: number[];
const note = (message: unknown) => void begun.push(Begun.parse(message).running);
beforeAll(async () => {
  api = await openTestApi();
});
afterAll(() => api.close());
beforeEach(async () => {
  person = await newPerson(api);
  begun = [];
  hashing.subscribe(note);
});
afterEach(() => hashing.unsubscribe(note));

type App = Awaited<ReturnType<typeof buildApp>>;
const attempt = async (app: App, email: string, password: string, remoteAddress = '198.51.100.1') =>
  app.request(
    '/auth/login',
    {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email, password }),
    },
    { incoming: { socket: { remoteAddress } } },
  );

describe('wrong passwords', () => {
  it('are taken ten times, then nothing is looked at, the right one included, and the time is told', async () => {
    const app = await buildApp(api.ctx, api.parts);
    for (let round = 0; round < 10; round += 1) expect((await attempt(app, person.email, 'wrong')).status).toBe(401);
    begun = [];
    for (const password of ['wrong', person.password]) {
      const refused = await attempt(app, person.email, password);
      expect(await problemOf(refused)).toMatchObject({ status: 429, code: 'too_many_requests' });
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(800);
      expect(Number(refused.headers.get('retry-after'))).toBeLessThanOrEqual(900);
    }
    expect(begun).toEqual([]);
    // Neither somebody else from there, nor the owner from elsewhere, is locked out.
    expect((await attempt(app, 'nobody@example.com', 'wrong')).status).toBe(401);
    expect((await attempt(app, person.email, person.password, '198.51.100.2')).status).toBe(200);
  });

  it('count over all processes, whatever case the e-mail is written in', async () => {
    const [one, other] = [await buildApp(api.ctx, api.parts), await buildApp(api.ctx, api.parts)];
    for (let round = 0; round < 10; round += 1) await attempt(one, person.email.toUpperCase(), 'wrong');
    expect((await attempt(other, person.email, person.password)).status).toBe(429);
  });

  it('sent all at once are hardly more than ten', async () => {
    const app = await buildApp(api.ctx, api.parts);
    const answers = await Promise.all(Array.from({ length: 30 }, () => attempt(app, person.email, 'wrong')));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([401, 429]));
    expect(begun.length).toBeLessThanOrEqual(11);
  });

  it('are forgiven by the right one', async () => {
    const app = await buildApp(api.ctx, api.parts);
    for (let round = 0; round < 9; round += 1) await attempt(app, person.email, 'wrong');
    expect((await attempt(app, person.email, person.password)).status).toBe(200);
    expect((await attempt(app, person.email, 'wrong')).status).toBe(401);
    expect((await attempt(app, person.email, person.password)).status).toBe(200);
  });

  it('at many accounts are taken a hundred times from one network, then nothing from there is looked at', async () => {
    const app = await buildApp(api.ctx, api.parts);
    const from = (host: number) => `2001:db8:1:2::${host.toString(16)}`;
    for (let round = 0; round < 5; round += 1)
      await Promise.all(
        Array.from({ length: 20 }, (_, one) =>
          attempt(app, `${randomUUID()}@example.com`, 'wrong', from(20 * round + one)),
        ),
      );
    begun = [];
    expect((await attempt(app, person.email, person.password, from(7))).status).toBe(429);
    expect((await attempt(await buildApp(api.ctx, api.parts), person.email, person.password, from(9))).status).toBe(
      429,
    );
    expect(begun).toEqual([]);
    expect((await attempt(app, person.email, person.password, '2001:db8:1:3::1')).status).toBe(200);
  });

  it('at one account from everywhere leave each address three tries, so that its owner is never locked out', async () => {
    const app = await buildApp(api.ctx, api.parts);
    const fail = (address: string) => attempt(app, person.email, 'wrong', address);
    for (let host = 1; host <= 5; host += 1)
      for (let round = 0; round < 10; round += 1) expect((await fail(`203.0.113.${host}`)).status).toBe(401);
    for (let host = 6; host <= 10; host += 1) {
      for (let round = 0; round < 3; round += 1) expect((await fail(`203.0.113.${host}`)).status).toBe(401);
      expect((await fail(`203.0.113.${host}`)).status).toBe(429);
    }
    // Who owns it may mistype, wherever they are.
    for (let round = 0; round < 2; round += 1) expect((await fail('198.51.100.7')).status).toBe(401);
    expect((await attempt(app, person.email, person.password, '198.51.100.7')).status).toBe(200);
    // Other accounts are not under attack.
    for (let round = 0; round < 4; round += 1)
      expect((await attempt(app, 'somebody@example.com', 'wrong', '203.0.113.6')).status).toBe(401);
  });

  it('leave no e-mail address in Redis', async () => {
    const app = await buildApp(api.ctx, api.parts);
    await attempt(app, person.email, 'wrong');
    const keys = (await api.ctx.redis.keys('limit:login:*')).join(' ');
    expect(keys).not.toBe('');
    expect(keys).not.toContain(person.email);
  });

  it('are counted for a change of password too', async () => {
    const change = () => person.send('POST', '/auth/password', { current: 'wrong', new: 'a long sentence again' });
    for (let round = 0; round < 10; round += 1) expect((await change()).status).toBe(401);
    expect((await change()).status).toBe(429);
  });
});

describe('hashing', () => {
  it('is done for two at once, whoever else comes; who would wait too long is sent away', async () => {
    const app = await buildApp(api.ctx, api.parts);
    const flood = Array.from({ length: 80 }, () => attempt(app, `${randomUUID()}@example.com`, 'wrong'));
    let isOver = false;
    const answering = Promise.all(flood).finally(() => (isOver = true));
    expect((await person.send('GET', '/auth/me')).status).toBe(200);
    // The others did not have to be waited for.
    expect(isOver).toBe(false);
    const answers = await answering;
    expect(Math.max(...begun)).toBe(2);
    const sentAway = answers.filter(({ status }) => status === 503);
    expect(sentAway.length).toBeGreaterThan(0);
    for (const answer of sentAway) {
      expect(answer.headers.get('retry-after')).toBe('2');
      expect((await problemOf(answer)).code).toBe('overloaded');
    }
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([401, 503]));
    expect((await attempt(app, person.email, person.password)).status).toBe(200);
  });

  it('gives turns by address: a flood from one keeps nobody waiting for more than a turn, nor sends anybody away', async () => {
    const passwords = openPasswords();
    const turns: string[] = [];
    const logIn = (address: string) =>
      passwords.fits('a long sentence', undefined, {
        address,
        refuseTooMany: async () => void turns.push(address),
        noteFailure: async () => {},
      });
    const flood = Promise.allSettled(Array.from({ length: 200 }, () => logIn('198.51.100.1')));
    const hosts = Array.from({ length: 20 }, (_, host) => `203.0.113.${host}`);
    expect(await Promise.all(hosts.map(logIn))).toEqual(hosts.map(() => false));
    // Two were at it before the others came, and one more had its turn before theirs.
    expect(turns.slice(0, 23)).toEqual([...Array<string>(3).fill('198.51.100.1'), ...hosts]);
    const done = (await flood).filter(({ status }) => status === 'fulfilled');
    // Whoever had to give way to the others has been told, and the rest had their turns.
    expect(done.length).toBe(2 + 50 - 20);
  });
});
