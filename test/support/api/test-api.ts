import { openJobAnswers } from '../../../src/jobs/answers.ts';
import type { ApiParts } from '../../../src/api/callers/route-env.ts';
import { buildApp } from '../../../src/api/app.ts';
import { readinessOf } from '../../../src/mysql/database.ts';
import { readConfig } from '../../../src/config.ts';
import { type Context, type JobContext, openContext } from '../../../src/context.ts';
import { impatientRedis, patientRedis } from '../../../src/redis/connection.ts';
import { openAccounts } from '../../../src/accounts/accounts.ts';
import { z } from 'zod';
import { openDescription, type Undescribed } from './described.ts';
import { createDatabase } from '../stores/create-database.ts';
import { ownData } from '../stores/servers.ts';
import { unhurriedMs, unhurriedRedis } from '../stores/unhurried-redis.ts';

/** The API in this process on real MySQL and Redis of its own, with the demo data. */
export type TestApi = Readonly<{
  ctx: Context & Pick<JobContext, 'em' | 'accounts'>;
  parts: ApiParts;
  /** Sends a request as the network would; `as` logs in first, once an account. @throws on what is not described. */
  send(method: string, path: string, options?: SendOptions): Promise<Response>;
  close(): Promise<void>;
}>;

export type SendOptions = Readonly<{ as?: keyof typeof accounts; body?: unknown; headers?: Record<string, string> }>;

/** What a login answers. */
export const Granted = z.object({ access_token: z.string() });

/** The demo logins. */
export const accounts = {
  demo: { email: 'demo@example.com', password: 'orderflow-demo' },
  admin: { email: 'admin@example.com', password: 'orderflow-admin' },
} as const;

// The routes are the same whatever the environment.
let undescribed: Undescribed | undefined;

/** Opens the API; `env` is laid over the test's environment. */
export async function openTestApi(env: Readonly<Record<string, string>> = {}): Promise<TestApi> {
  const own = await ownData();
  const given = { ...own, ...env };
  // That of all tests is taken away by none: when it does not answer, somebody has been kept from working.
  const isShared = given['REDIS_PORT'] === own['REDIS_PORT'];
  const config = readConfig(given);
  const orm = await createDatabase(config);
  const context = await openContext(config, 'test', isShared ? unhurriedRedis(config) : impatientRedis(config));
  await connected(context.redis, isShared);
  const answers = openJobAnswers(context.jobs, patientRedis(config));
  const ctx = { ...context, em: context.orm.em.fork(), accounts: openAccounts(config) };
  const parts = { readiness: readinessOf(context), answers, ...(isShared && { countingDeadlineMs: unhurriedMs }) };
  const app = await buildApp(ctx, parts);
  const tokens = new Map<string, string>();

  const send = async (
    method: string,
    path: string,
    { as, body, headers = {} }: SendOptions = {},
  ): Promise<Response> => {
    const authorization: Record<string, string> = as
      ? { authorization: `Bearer ${tokens.get(as) ?? (await logIn(as))}` }
      : {};
    const json: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' };
    const init = { method, headers: { ...authorization, ...json, ...headers } };
    const answer = await app.request(
      path,
      body === undefined ? init : { ...init, body: typeof body === 'string' ? body : JSON.stringify(body) },
    );
    undescribed ??= openDescription(app);
    const unnamed = undescribed(method, path, answer);
    if (unnamed) throw new Error(`${method} ${path} answered ${unnamed}, which /openapi.json does not name`);
    await expectOwnWords(answer, `${method} ${path}`);
    return answer;
  };
  const logIn = async (as: keyof typeof accounts): Promise<string> => {
    const answer = await send('POST', '/auth/login', { body: accounts[as] });
    const { access_token } = Granted.parse(await answer.json());
    tokens.set(as, access_token);
    return access_token;
  };
  return {
    ctx,
    parts,
    send,
    async close() {
      await answers.close();
      await orm.schema.dropDatabase();
      await orm.close(true);
      await context.close();
    },
  };
}

/** What a problem may not speak of: how we are built, and what our libraries say of themselves. */
const internals = [
  /\b(redis|mysql|mariadb|sql|zod|orm|entity|undefined|NaN|nonoptional|pattern)\b/i,
  // Variables of the environment, names of jobs and of copies, and zod's own sentences.
  /\b[A-Z]{3,}_[A-Z_]+\b/,
  /\b(fetch|poll|search|charge)-[a-z]+\b/,
  /^(Invalid|Too (big|small)|Unrecognized)/,
];
const Sentences = z.object({ detail: z.string(), errors: z.array(z.object({ detail: z.string() })).default([]) });

/** @throws when a problem speaks of internals instead of what was asked. */
async function expectOwnWords(answer: Response, asked: string): Promise<void> {
  if (answer.headers.get('content-type') !== 'application/problem+json') return;
  const text = await answer.clone().text();
  // To a HEAD, none of it is told.
  const { detail, errors } = Sentences.parse(JSON.parse(text || '{"detail":""}'));
  // A symbol that was asked for is named as it is written: some ask for NAN.
  const named = asked.toUpperCase();
  const ourOwn = (sentence: string) => sentence.replaceAll(/\b[A-Z]+\b/g, (word) => (named.includes(word) ? '' : word));
  for (const sentence of [detail, ...errors.map((one) => one.detail)])
    if (internals.some((known) => known.test(ourOwn(sentence))))
      throw new Error(`${asked} is refused with our own words: ${sentence}`);
}

/** Resolves when the connection is there, or, unless it must come, is known not to: some tests begin without Redis. */
async function connected(redis: Context['redis'], mustCome: boolean): Promise<void> {
  if (redis.status === 'ready') return;
  const { promise, resolve } = Promise.withResolvers<void>();
  redis.once('ready', resolve);
  if (!mustCome) redis.once('close', resolve);
  await promise;
}
