// A webhook replayed: the gateway tells an event at least once, so the same signed event may come twice. Both are answered
// with 200; the first is noted in the order's timeline, the second is known by the event's id and changes nothing.
//
//   node examples/webhook-replayed.ts
//
// The secret is the one that `npm start` gives to its sandbox; STRIPE_WEBHOOK_SECRET names another.
import { createHmac, randomUUID } from 'node:crypto';
import { apiAddress } from './addresses.ts';
import { openApi, say } from './platform.ts';

const api = openApi();
const { id } = await api.placeOrder({ body: { user_id: 2, products: [1, 2], total_amount: 100 } });
for await (const { status } of api.watchOrder(id)) say(`the order is ${status}`);
const { data: payments } = await api.listPayments({ order_id: id });
const charge = payments[0]?.gateway_reference;

const dispute = { id: `dp_${randomUUID()}`, status: 'needs_response', amount: 10_000, currency: 'usd' };
const body = JSON.stringify({
  id: `evt_${randomUUID()}`,
  type: 'charge.dispute.created',
  created: Math.floor(Date.now() / 1_000),
  data: { object: { ...dispute, payment_intent: charge } },
});

/** Sends the event as the gateway does, which signs each delivery anew. */
async function deliver(): Promise<number> {
  const at = Math.floor(Date.now() / 1_000);
  const secret = process.env['STRIPE_WEBHOOK_SECRET'] ?? 'whsec_sandbox';
  const signature = createHmac('sha256', secret).update(`${at}.${body}`).digest('hex');
  const headers = { 'content-type': 'application/json', 'stripe-signature': `t=${at},v1=${signature}` };
  return (await fetch(`${apiAddress()}/payments/webhook`, { method: 'POST', headers, body })).status;
}

for (const which of ['first', 'second']) {
  const status = await deliver();
  const { data } = await api.readOrderTimeline({ id });
  const noted = data.filter((entry) => 'outcome' in entry && entry.outcome === 'charge.dispute.created');
  say(`the ${which} delivery is answered with ${status}; in the timeline: ${noted.length}`);
}
