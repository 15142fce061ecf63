import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { openEventClient } from '../support/api/event-client.ts';
import { Granted } from '../support/api/test-api.ts';
import { everythingInMysql, everythingInRedis } from '../support/stores/everything-stored.ts';
import { type Platform, startPlatform } from '../support/processes/platform.ts';
import { until } from '../support/processes/process.ts';

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform({ apis: 2, workers: 1 });
});
afterAll(() => platform.stop());

const email = `${randomUUID()}@example.com`;
const first = 'a long sentence';
const NewKey = z.object({ id: z.string(), key: z.string() });

async function ask(api: 0 | 1, path: string, body: object, token?: string): Promise<Response> {
  const authorization: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const headers = { 'content-type': 'application/json', ...authorization };
  return fetch(`${platform.urls[api]}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
}
const logIn = async (password: string) => ask(0, '/auth/login', { email, password });
const mails = async () => (await platform.sandbox.mails()).filter(({ to }) => to.includes(email));
/** The token of the newest mail about this, once there are so many. */
const mailed = (purpose: 'reset' | 'confirm', count = 1) =>
  until(`mail ${count} to ${purpose}`, async () => {
    const links = (await mails()).flatMap(({ text }) => new RegExp(`#${purpose}=([\\w-]+)`).exec(text)?.[1] ?? []);
    return links.length >= count ? links.at(-1) : undefined;
  });

it('a forgotten password is mailed whatever worker dies, and ends logins, keys and streams of all processes', async () => {
  expect((await ask(0, '/auth/register', { email, password: first, name: 'Ada Example' })).status).toBe(201);
  expect((await ask(1, '/auth/confirm/finish', { token: await mailed('confirm') })).status).toBe(204);
  const { access_token } = Granted.parse(await (await logIn(first)).json());
  const made = await ask(0, '/auth/keys', { name: 'A key', scopes: ['orders:read'] }, access_token);
  const { key } = NewKey.parse(await made.json());
  const followers = [access_token, key].map((token) =>
    openEventClient(`${platform.urls[1]}/streams/orders`, { authorization: `Bearer ${token}` }),
  );
  for (const follower of followers) expect((await follower.connect()).status).toBe(200);

  // Asked while nobody works, and while the one who works is killed, the mail comes all the same.
  await platform.workers[0]?.signal('SIGKILL');
  expect((await ask(0, '/auth/reset', { email })).status).toBe(202);
  await platform.startWorker('mails');
  const token = await mailed('reset');
  const everything = [await everythingInMysql(platform.orm), await everythingInRedis(platform.redis)].join('\n');
  expect([everything.includes(email), everything.includes(token)]).toEqual([true, false]);

  const password = 'a wholly other sentence';
  expect((await ask(0, '/auth/reset/finish', { token, password })).status).toBe(204);
  for (const follower of followers) await follower.ended();
  for (const follower of followers) expect(follower.text().endsWith('event: bye\ndata: {}\n\n')).toBe(true);
  expect([(await logIn(first)).status, (await logIn(password)).status]).toEqual([401, 200]);
  for (const some of [...platform.apis, ...platform.workers])
    for (const secret of [token, key, access_token, email]) expect(some.output()).not.toContain(secret);
});
