import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { everythingInMysql, everythingInRedis } from '../support/stores/everything-stored.ts';
import { type Platform, startPlatform } from '../support/processes/platform.ts';
import { until } from '../support/processes/process.ts';
import { accounts, Granted } from '../support/api/test-api.ts';

const canary = (name: string) => `canary${name}${randomBytes(12).toString('hex')}`;
const keys = {
  finnhub: canary('finnhub'),
  stripe: `sk_test_${canary('stripe')}`,
  webhook: `whsec_${canary('webhook')}`,
};
const passwords = {
  right: canary('right'),
  wrong: canary('wrong'),
  next: canary('next'),
  misplaced: canary('misplaced'),
};
const invented = canary('invented');
const Order = z.object({
  id: z.uuid(),
  payment: z.object({ id: z.uuid(), status: z.string(), client_secret: z.string().optional() }).nullable(),
});

let platform: Platform;
/** Everything that has been answered, but for what only the asker may see and is told on purpose. */
const answers: string[] = [];
const secrets: Record<string, string> = { ...keys, ...passwords, invented };
let orderId: string;

beforeAll(async () => {
  platform = await startPlatform({
    env: {
      FINNHUB_API_KEY: keys.finnhub,
      STRIPE_SECRET_KEY: keys.stripe,
      STRIPE_WEBHOOK_SECRET: keys.webhook,
      LOG_LEVEL: 'trace',
    },
  });
});
afterAll(() => platform.stop());

const written = () => [...platform.apis, ...platform.workers].map((some) => some.output()).join('\n');

type Asked = Readonly<{ token?: string; body?: unknown; headers?: Record<string, string>; isForOwner?: boolean }>;

async function ask(method: string, path: string, { token, body, headers = {}, isForOwner = false }: Asked = {}) {
  const answer = await fetch(`${platform.url}${path}`, {
    method,
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (!isForOwner) answers.push(JSON.stringify([...answer.headers]), text);
  return { status: answer.status, text, json: (): unknown => JSON.parse(text) };
}

async function logIn(email: string, password: string): Promise<string> {
  const answer = await ask('POST', '/auth/login', { body: { email, password }, isForOwner: true });
  return Granted.parse(answer.json()).access_token;
}

describe('while much happens and much goes wrong', () => {
  it('people register, mistype, log in and change their password', async () => {
    const email = 'canary@example.com';
    await ask('POST', '/auth/register', { body: { email, password: passwords.right, name: 'Ada' } });
    expect((await ask('POST', '/auth/login', { body: { email, password: passwords.wrong } })).status).toBe(401);
    secrets['token'] = await logIn(email, passwords.right);
    const token = secrets['token'];
    await ask('POST', '/auth/password', { token, body: { current: passwords.right, new: passwords.next } });
    secrets['other token'] = await logIn(email, passwords.next);
    for (const path of ['/auth/me', '/auth/tokens', '/orders', '/payments']) await ask('GET', path, { token });
    await ask('GET', '/auth/me', { headers: { cookie: `orderflow_session=${token}` } });
  });

  it('secrets are sent where they do not belong', async () => {
    const { misplaced } = passwords;
    await ask('POST', '/auth/login', { body: `{"email":"a@example.com","password":"${misplaced}"` });
    await ask('POST', '/auth/login', { body: { email: misplaced, password: [misplaced], token: misplaced } });
    await ask('GET', `/orders?access_token=${misplaced}&cursor=${misplaced}`, { token: secrets['token'] ?? '' });
    await ask('GET', `/nope/${misplaced}?key=${misplaced}`);
    await ask('GET', `/orders/${misplaced}`, { token: secrets['token'] ?? '' });
    await ask('GET', '/auth/me', { token: invented });
    const headers = { 'stripe-signature': `t=1,v1=${invented}` };
    await ask('POST', '/payments/webhook', { body: { id: 'evt_1', type: 'x', data: {} }, headers });
  });

  it('orders are paid, declined, and wait for their buyers', async () => {
    const token = secrets['token'] ?? '';
    for (const payment_method of ['pm_card_visa', 'pm_card_chargeDeclined'])
      await ask('POST', '/orders', { token, body: { products: [1, 2], payment_method } });
    const body = { products: [1], payment_method: 'pm_card_authenticationRequired' };
    const placed = await ask('POST', '/orders', {
      token,
      body,
      headers: { 'idempotency-key': 'one' },
      isForOwner: true,
    });
    orderId = Order.parse(placed.json()).id;
    secrets['client secret'] = await until('a client secret', async () => {
      const order = await ask('GET', `/orders/${orderId}`, { token, isForOwner: true });
      return Order.parse(order.json()).payment?.client_secret;
    });
    expect(secrets['client secret'].length).toBeGreaterThan(10);
  });

  it('providers fail in their ways', async () => {
    const token = secrets['token'] ?? '';
    for (const kind of ['429', '5xx', 'html', 'malformed', 'zeros']) {
      await platform.sandbox.fault({ target: 'finnhub', kind, times: 3, seconds: 5 });
      await ask('GET', `/market/quote?symbol=${kind === '429' ? 'AAPL' : `X${kind.toUpperCase()}`}`, {
        headers: { prefer: 'wait=1' },
      });
    }
    for (const kind of ['5xx', 'lost_answer', 'decline']) {
      await platform.sandbox.fault({ target: 'stripe', kind, times: 1, seconds: 5 });
      await ask('POST', '/orders', { token, body: { products: [1], payment_method: 'pm_card_visa' } });
    }
    await until('failed jobs', () => (written().includes('job failed') ? true : undefined));
    await platform.sandbox.clearFaults();
  });

  it('the staff looks at all of it', async () => {
    const token = await logIn(accounts.admin.email, accounts.admin.password);
    secrets['staff token'] = token;
    const looks = ['/users', '/orders', `/orders/${orderId}`, `/orders/${orderId}/timeline`, '/payments', '/events'];
    const board = [
      '/admin/queues',
      '/admin/queues/api/queues',
      '/admin/queues/api/queues?activeQueue=payments&status=completed',
    ];
    for (const path of [...looks, ...board, '/dead-letters', '/jobs/kinds', '/openapi.json', '/queues', '/jobs'])
      await ask('GET', path, { token });
    for (const url of platform.healths) {
      const metrics = await (await fetch(`${url}/metrics`)).text();
      expect(metrics).toContain('orderflow_');
      answers.push(metrics);
    }
  });
});

describe('nothing of what is secret', () => {
  const foundIn = (text: string, but: readonly string[] = []) =>
    Object.entries(secrets).flatMap(([name, secret]) => (text.includes(secret) && !but.includes(name) ? [name] : []));

  it('is in what the processes have written', () => {
    // The lines are there: requests, refusals, failed jobs.
    for (const expected of ['"route":"/auth/login"', '"status":401', 'job failed'])
      expect(written().includes(expected), expected).toBe(true);
    expect(foundIn(written())).toEqual([]);
  });

  it('is in what was answered, but to whom it belongs', () => {
    expect(answers.length).toBeGreaterThan(60);
    const text = answers.join('\n');
    expect(text.includes('canary@example.com')).toBe(true);
    expect(foundIn(text)).toEqual([]);
  });

  it('is in Redis: no cache, job, stream or counter', async () => {
    const text = await everythingInRedis(platform.redis);
    for (const expected of ['order.paid', 'charge-order', 'limit:'])
      expect(text.includes(expected), expected).toBe(true);
    expect(foundIn(text)).toEqual([]);
  });

  it('is in MySQL, but what the buyer’s browser needs, with the payment', async () => {
    const text = await everythingInMysql(platform.orm);
    expect(text.includes('$argon2id$')).toBe(true);
    expect(foundIn(text, ['client secret'])).toEqual([]);
    const elsewhere = await everythingInMysql(platform.orm, ['payments', 'idempotency_keys']);
    expect(foundIn(elsewhere)).toEqual([]);
  });
});
