import { afterAll, beforeAll, expect, it } from 'vitest';
import { Token, User } from '../../../src/entities/accounts.entity.ts';
import { market } from '../../../src/streams/market.stream.ts';
import { orders } from '../../../src/streams/orders.stream.ts';
import { sendAs } from '../../support/api/accounts.ts';
import { appendEvents } from '../../support/stores/append-events.ts';
import { until } from '../../support/processes/process.ts';
import { openTestApi, type TestApi } from '../../support/api/test-api.ts';
import { makePerson } from '../../support/api/personas.ts';

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
