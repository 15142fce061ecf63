import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { blocksOf, commandsOf, fileOf, insertOf } from '../support/blocks.ts';
import { type Checkout, makeCheckout } from '../support/processes/checkout.ts';
import { logIn, type Platform, startPlatform, untilReady } from '../support/processes/platform.ts';
import { freePorts, startProcess, type TestProcess, until } from '../support/processes/process.ts';
import { type AcmePay, startAcmePay } from '../support/upstreams/acme-pay.ts';

const blocks = blocksOf('docs/add-a-gateway.md');
const Order = z.object({
  id: z.string(),
  status: z.string(),
  payment: z.object({ status: z.string() }),
});
let checkout: Checkout;
beforeAll(() => {
  checkout = makeCheckout();
});
afterAll(() => checkout[Symbol.dispose]());

it('the page’s files, lines and command, in its order, make a gateway whose test passes', () => {
  expect(blocks.map(({ language }) => language)).toEqual(['ts', 'ts', 'ts', 'ts', 'ts', 'sh']);
  for (const block of blocks) {
    const [file, insert] = [fileOf(block), insertOf(block)];
    const path = join(checkout.folder, file?.path ?? insert?.path ?? '');
    if (file) {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, file.text);
    } else if (insert) {
      const [before, after, ...more] = readFileSync(path, 'utf8').split(`${insert.below}\n`);
      expect([after, more.length], insert.below).toEqual([expect.any(String), 0]);
      writeFileSync(path, `${before}${insert.below}\n${insert.text}${after}`);
    } else
      for (const command of commandsOf(block)) expect(checkout.run(command).output).toMatch(/^3 passed, 0 failed$/m);
  }
});

describe('Acme beside Stripe', () => {
  let acme: AcmePay;
  let platform: Platform;
  let api: TestProcess;
  let url: string;
  let tokens: Readonly<Record<'demo' | 'admin', string>>;
  beforeAll(async () => {
    acme = await startAcmePay('secret');
    const keys = { ACME_URL: acme.url, ACME_SECRET: 'secret', STRIPE_WEBHOOK_SECRET: 'whsec_test' };
    // One charge at a time makes the order of the queue the order of the ledger.
    const env = { ...keys, WORKER_CONCURRENCY_PAYMENTS: '1' };
    platform = await startPlatform({ folder: checkout.folder, env });
    // Whoever takes new payments is a setting of the process that takes the order.
    const [port, health] = (await freePorts(2)).map(String);
    url = `http://127.0.0.1:${port}`;
    const own = { PAYMENT_GATEWAY: 'acme', PORT: port ?? '', HEALTH_PORT: health ?? '' };
    api = startProcess('src/api/main.ts', [], { ...platform.env, ...own }, checkout.folder);
    await untilReady(`http://127.0.0.1:${health}/readyz`, api);
    tokens = { demo: await logIn(url, 'demo'), admin: await logIn(url, 'admin') };
  });
  afterAll(async () => {
    await api.signal('SIGKILL');
    await platform.stop();
    await acme.close();
  });

  const ask = async (at: string, method: string, path: string, body?: object, as: 'demo' | 'admin' = 'demo') => {
    const headers = { authorization: `Bearer ${tokens[as]}`, 'content-type': 'application/json' };
    return Order.parse(
      await (await fetch(`${at}${path}`, { method, headers, ...(body && { body: JSON.stringify(body) }) })).json(),
    );
  };
  const place = (at: string, more: object = {}) => ask(at, 'POST', '/orders', { products: [1, 2], ...more });
  const untilOrder = (id: string, what: string, is: (order: z.output<typeof Order>) => boolean) =>
    until(`order ${id} is ${what}`, async () => {
      const order = await ask(url, 'GET', `/orders/${id}`);
      return is(order) ? order : undefined;
    });
  const untilPaid = ({ id }: { id: string }) => untilOrder(id, 'paid', ({ status }) => status === 'paid');
  const atStripe = async (ids: readonly string[]) =>
    (await platform.sandbox.ledger()).filter(({ order_id }) => ids.includes(order_id ?? ''));

  it('each charges and refunds what was begun by it, once', async () => {
    const [mine, other] = [await place(url), await place(platform.url)];
    await Promise.all([mine, other].map(untilPaid));
    expect(acme.charges).toMatchObject([{ order: mine.id, amount: 10_000, currency: 'USD' }]);
    expect(await atStripe([mine.id, other.id])).toMatchObject([{ order_id: other.id }]);

    await ask(platform.url, 'POST', `/orders/${mine.id}/refund`, { amount: 40 }, 'admin');
    await untilOrder(mine.id, 'refunded', ({ status }) => status === 'partially_refunded');
    expect(acme.refunds).toMatchObject([{ charge: acme.charges[0]?.id, amount: 4_000 }]);
  });

  it('a webhook of Acme settles what is Acme’s, when Acme has signed it, at Acme’s path', async () => {
    const { id } = await place(url, { payment_method: 'open' });
    await untilOrder(id, 'waiting', ({ payment }) => payment.status === 'requires_action');
    const tell = async (path: string, secret: string) =>
      (await fetch(`${platform.url}${path}`, { method: 'POST', ...acme.event(id, secret) })).status;
    expect(await tell('/payments/webhook/acme', 'guess')).toBe(400);
    expect(await tell('/payments/webhook', 'secret')).toBe(400);
    expect(await tell('/payments/webhook/stripe', 'secret')).toBe(400);
    expect((await ask(url, 'GET', `/orders/${id}`)).status).toBe('pending');
    expect(await tell('/payments/webhook/acme', 'secret')).toBe(200);
    expect((await ask(url, 'GET', `/orders/${id}`)).status).toBe('paid');
  });

  it('is paid by while Stripe is away and orders wait for it, the oldest of which are charged first once it is back', async () => {
    await platform.sandbox.fault({ target: 'stripe', kind: '5xx', seconds: 600 });
    const waiting: string[] = [];
    for (let count = 0; count < 40; count += 1) waiting.push((await place(platform.url)).id);
    for (let count = 0; count < 3; count += 1) await untilPaid(await place(url));
    expect(await atStripe(waiting)).toEqual([]);
    await platform.sandbox.clearFaults();
    for (const id of waiting) await untilPaid({ id });
    const charged = (await atStripe(waiting)).map(({ order_id }) => order_id ?? '');
    expect(charged.toSorted()).toEqual(waiting.toSorted());
    // The few that had failed for themselves before the outage was known wait out their own pause.
    const displaced = waiting.filter((id, index) => Math.abs(charged.indexOf(id) - index) > 12);
    expect(displaced.length).toBeLessThanOrEqual(12);
  });
});
