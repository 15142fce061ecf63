import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { type Role, User } from '../../../src/entities/accounts.entity.ts';
import { Granted, type TestApi } from './test-api.ts';

/** Somebody with an account of their own, logged in. */
export type Person = Readonly<{
  id: number;
  email: string;
  password: string;
  /** Sends a request with this person's token. */
  send(method: string, path: string, body?: unknown): Promise<Response>;
  /** Logs in once more, and returns the token. */
  logIn(): Promise<string>;
}>;

const Created = z.object({ id: z.int() });

/**
 * Opens an account through the API, with an e-mail address nobody else has. Its role is given in MySQL: the API asks for a login of the
 * last ten minutes, and a file of tests may have gone on for longer with the one that it has.
 */
export async function newPerson(api: TestApi, role: Role = 'user'): Promise<Person> {
  const given = { email: `${randomUUID()}@example.com`, password: 'a long sentence', name: 'Ada Example' };
  const created = await api.send('POST', '/users', { as: 'admin', body: given });
  const { id } = Created.parse(await created.json());
  if (role !== 'user') await api.ctx.orm.em.fork().nativeUpdate(User, { id }, { role });
  const logIn = async () => {
    const answer = await api.send('POST', '/auth/login', { body: { email: given.email, password: given.password } });
    return Granted.parse(await answer.json()).access_token;
  };
  const token = await logIn();
  return {
    id,
    email: given.email,
    password: given.password,
    logIn,
    send: (method, path, body) => sendAs(api, token, method, path, body),
  };
}

/** Sends a request with this token. */
export async function sendAs(api: TestApi, token: string, method: string, path: string, body?: unknown) {
  const headers = { authorization: `Bearer ${token}` };
  return api.send(method, path, body === undefined ? { headers } : { headers, body });
}

/** The id of the demo customer. */
export const demoId = 1;
/** The id of the demo administrator. */
export const adminId = 2;
