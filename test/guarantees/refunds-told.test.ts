import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { EventLog } from '../../src/entities/outbox.entity.ts';
import { listen, type LocalServer } from '../support/upstreams/local-server.ts';
import { openShop, type Shop } from '../support/api/shop.ts';
import { until } from '../support/processes/process.ts';
import { type Sandbox, startSandbox } from '../support/upstreams/sandbox-process.ts';

let shop: Shop;
let door: LocalServer;
let sandbox: Sandbox;
beforeAll(async () => {
  door = await listen(async (request, response) => {
    const headers = {
      'content-type': 'application/json',
      'stripe-signature': String(request.headers['stripe-signature']),
    };
    const answer = await shop.send('POST', '/payments/webhook', { body: await text(request), headers });
    response.writeHead(answer.status).end();
  });
  sandbox = await startSandbox({ args: ['--webhook', door.url, '--refund-seconds', '0'] });
  shop = await openShop({ STRIPE_API_BASE: sandbox.urls.stripe, STRIPE_WEBHOOK_SECRET: 'whsec_sandbox' });
});
afterAll(async () => {
  await sandbox.stop();
  await door.close();
  await shop.close();
});

/** An order that the sandbox's gateway has charged, and the gateway's id of that. */
async function paidBy(payment_method: string) {
  const { id } = await shop.place({ products: [1, 2], payment_method });
  await shop.charge(id, {});
  return { id, intent: (await shop.payments(id))[0]?.gatewayReference ?? '' };
}
const refund = async (id: string, body: object = {}) => {
  expect((await shop.send('POST', `/orders/${id}/refund`, { as: 'admin', body })).status).toBe(202);
  return shop.refund(id, {});
};
const stands = (id: string, status: string) =>
  until(`order ${id} is ${status}`, async () => {
    const order = await shop.read(id);
    return order.status === status ? order : undefined;
  });
const toldOf = async (id: string) => {
  const rows = await shop.ctx.orm.em.fork().find(EventLog, { subject: id }, { orderBy: { version: 'asc' } });
  return rows.map(({ type }) => type.replace('order.', ''));
};
const ledgerOf = async (intent: string) =>
  (await sandbox.ledger()).reduce(
    (sum, row) => sum + (row.payment_intent === intent && row.type === 'refund' ? row.amount : 0),
    0,
  );

test('a refund that the gateway leaves pending is processing, and done when the gateway tells of it', async () => {
  const { id, intent } = await paidBy('pm_card_pendingRefund');
  await refund(id, { amount: 25 });
  expect(await stands(id, 'partially_refunded')).toMatchObject({ refunded_amount: 25 });
  expect(await ledgerOf(intent)).toBe(2_500);
  expect(await toldOf(id)).toEqual(['created', 'paid', 'refunded']);
});

test('a refund that fails after all takes the order back, and can be made again', async () => {
  const { id, intent } = await paidBy('pm_card_refundFail');
  await refund(id);
  const order = await stands(id, 'paid');
  expect(order).toMatchObject({ refunded_amount: 0, refunds: [{ status: 'failed' }] });
  expect(await ledgerOf(intent)).toBe(0);
  // The failure may be told before our own answer is heard: then nothing was ever done.
  const told = (await toldOf(id)).filter((type) => type !== 'refunded');
  expect(told).toEqual(['created', 'paid', 'refund_failed']);
  expect((await shop.send('POST', `/orders/${id}/refund`, { as: 'admin', body: {} })).status).toBe(202);
});

test('what is refunded and disputed in the gateway’s dashboard is known here', async () => {
  await sandbox.fault({ target: 'stripe', kind: 'webhook_duplicate' });
  const { id, intent } = await paidBy('pm_card_visa');
  const first = await sandbox.refund({ payment_intent: intent, amount: 4_000 });
  expect(await stands(id, 'partially_refunded')).toMatchObject({ refunded_amount: 40 });
  await sandbox.refund({ payment_intent: intent });
  await stands(id, 'refunded');
  await sandbox.moveRefund(first, 'failed');
  expect(await stands(id, 'partially_refunded')).toMatchObject({ refunded_amount: 60 });
  await sandbox.closeDispute(await sandbox.dispute(intent), 'won');
  const told = await until('all is told', async () => {
    const some = await toldOf(id);
    return some.length >= 9 ? some : undefined;
  });
  const disputed = Array.from({ length: 4 }, () => 'disputed');
  expect(told).toEqual(['created', 'paid', 'refunded', 'refunded', 'refund_failed', ...disputed]);
});
