import { afterAll, beforeAll, expect, it } from 'vitest';
import { ApiKey, Token, User } from '../../../src/entities/accounts.entity.ts';
import { market } from '../../../src/streams/market.stream.ts';
import { orders } from '../../../src/streams/orders.stream.ts';
import { sendAs } from '../../support/api/accounts.ts';
import { appendEvents } from '../../support/stores/append-events.ts';
import { until } from '../../support/processes/process.ts';
import { openTestApi, type TestApi } from '../../support/api/test-api.ts';
import { makeKey, makePerson } from '../../support/api/personas.ts';

let api: TestApi;
beforeAll(async () => {
  api = await openTestApi({ RATE_LIMIT_BURST: '0' });
});
afterAll(() => api.close());

type Person = Awaited<ReturnType<typeof makePerson>>;
const tokens = () => api.ctx.orm.em.fork();
const endings: Readonly<Record<string, (person: Person) => Promise<unknown>>> = {
  'logged out': ({ token }) => sendAs(api, token, 'POST', '/auth/logout'),
  // Done by other processes, these are seen in MySQL alone.
  'revoked elsewhere': ({ tokenId: id }) => tokens().nativeDelete(Token, { id }),
  expired: ({ tokenId: id }) => tokens().nativeUpdate(Token, { id }, { expiresAt: new Date() }),
  'deleted elsewhere': ({ id }) => tokens().nativeUpdate(User, { id }, { deletedAt: new Date() }),
  'demoted elsewhere': ({ id }) => tokens().nativeUpdate(User, { id }, { role: 'operator' }),
};

/** How keys end; also those of other processes are seen in MySQL alone. */
const endingsOfKeys: Readonly<Record<string, (person: Person, id: string) => Promise<unknown>>> = {
  'ended here': ({ token }, id) => sendAs(api, token, 'DELETE', `/auth/keys/${id}`),
  'ended elsewhere': (_person, id) => tokens().nativeDelete(ApiKey, { id }),
  expired: (_person, id) => tokens().nativeUpdate(ApiKey, { id }, { expiresAt: new Date() }),
  'whose owner is deleted': ({ token, id }) => sendAs(api, token, 'DELETE', `/users/${id}`),
  'whose owner is demoted elsewhere': ({ id }) => tokens().nativeUpdate(User, { id }, { role: 'operator' }),
};

/** A key that has ended has no stream any more after so long. */
const endsWithinMs = 10_000;

it('a stream ends within ten seconds when the key ends that opened it, and no other does', async () => {
  const scopes = ['orders:read:all', 'market:read'] as const;
  const bystander = await makePerson(api, 'admin');
  const others = [
    await follow('/streams/orders', (await makeKey(api, bystander.id, ['orders:read'])).key),
    // Without the scope for it, the key is nobody's there.
    await follow('/streams/market', (await makeKey(api, bystander.id, ['orders:read'])).key),
  ];
  const opened = [];
  for (const [why, end] of Object.entries(endingsOfKeys))
    for (const path of ['/streams/orders', '/streams/orders?all=true', '/streams/market']) {
      const person = await makePerson(api, 'admin');
      const { id, key } = await makeKey(api, person.id, scopes);
      opened.push({ why: `${path} of a key ${why}`, end: () => end(person, id), follower: await follow(path, key) });
    }
  const ended = await Promise.all(
    opened.map(async ({ why, end, follower }) => {
      await end();
      await until(`the end of ${why}`, () => (follower.hasEnded ? true : undefined), endsWithinMs);
      return { why, follower };
    }),
  );
  for (const { why, follower } of ended) {
    expect(follower.text.endsWith('event: bye\ndata: {}\n\n'), why).toBe(true);
  }
  expect(others.map(({ hasEnded }) => hasEnded)).toEqual([false, false]);
  for (const { leave } of others) await leave();
});

/** Follows a stream and keeps what it says. */
async function follow(path: string, token?: string) {
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const { status, body } = await api.send('GET', path, { headers });
  expect(status).toBe(200);
  const follower = { text: '', hasEnded: false, leave: () => reader?.cancel() };
  const reader = body?.pipeThrough(new TextDecoderStream()).getReader();
  const read = async () => {
    for (let part = await reader?.read(); part?.value !== undefined; part = await reader?.read())
      follower.text += part.value;
    follower.hasEnded = true;
  };
  void read();
  return follower;
}

it('a stream says bye and ends when the login, the user or the role ends that opened it, however busy it is', async () => {
  const others = [await follow('/streams/market'), await follow('/streams/orders', (await makePerson(api)).token)];
  const opened = [];
  for (const [why, end] of Object.entries(endings))
    for (const path of ['/streams/orders', '/streams/orders?all=true', '/streams/market']) {
      const person = await makePerson(api, 'admin');
      opened.push({ why: `${path} of somebody ${why}`, end, person, follower: await follow(path, person.token) });
    }
  const isOver = new AbortController();
  const appending = (async () => {
    while (!isOver.signal.aborted) {
      await appendEvents(api.ctx.redis, market, 'quote.updated', 5);
      for (const { person } of opened)
        await appendEvents(api.ctx.redis, orders, 'order.created', 1, { user_id: person.id });
    }
  })();
  for (const { why, follower } of opened)
    await until(`events on ${why}`, () => (follower.text.includes('\ndata: ') ? true : undefined));

  for (const { end, person } of opened) await end(person);
  for (const { why, follower } of opened) {
    await until(`the end of ${why}`, () => (follower.hasEnded ? true : undefined));
    expect(follower.text.endsWith('event: bye\ndata: {}\n\n'), why).toBe(true);
  }
  isOver.abort();
  await appending;
  for (const { text, hasEnded } of others) expect([hasEnded, text.includes('bye')]).toEqual([false, false]);
  for (const { leave } of others) await leave();
});
