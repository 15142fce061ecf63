import { createHmac, randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { EventLog } from '../../src/entities/outbox.entity.ts';
import { OrderHistory } from '../../src/entities/orders.entity.ts';
import { Refund } from '../../src/entities/payments.entity.ts';
import { OutcomeUnknown } from '../../src/errors.ts';
import type {
  GiveBack,
  ListedRefund,
  PaymentGateway,
  RefundOutcome,
} from '../../src/gateways/payments/payment-gateway.ts';
import { compareCharges } from '../../src/jobs/payments/compare-charges.job.ts';
import { lookUpRefunds } from '../../src/jobs/payments/look-up-refunds.job.ts';
import { refundPayment } from '../../src/jobs/payments/refund-payment.job.ts';
import { orderMoves, refundMoves } from '../../src/orders/transitions.ts';
import { performJob } from '../support/api/perform-job.ts';
import { answering, openShop, type Shop, takingGateway } from '../support/api/shop.ts';
import { tireless } from '../support/upstreams/tireless-outage.ts';

let shop: Shop;
beforeAll(async () => {
  shop = await openShop({ STRIPE_WEBHOOK_SECRET: 'whsec_test' });
});
afterAll(() => shop.close());

const totalMinor = 10_000;
const stands = ['pending', 'requires_action', 'succeeded', 'failed', 'canceled'] as const;
type Stand = (typeof stands)[number];
/** Where the gateway's refunds may go: money that was given back can come back, and what failed is over. */
const course: Readonly<Record<Stand, readonly Stand[]>> = {
  pending: ['requires_action', 'succeeded', 'failed', 'canceled'],
  requires_action: ['pending', 'succeeded', 'failed', 'canceled'],
  succeeded: ['failed'],
  failed: [],
  canceled: [],
};
type Row = Readonly<{
  id: string;
  key: string;
  refundId: string | undefined;
  charge: string;
  amount: number;
  stand: Stand;
}>;

/** The gateway's own books of one charge, and every event it has written about it. */
class Books {
  readonly rows = new Map<string, Row>();
  readonly events: Readonly<{ id: string; type: string; object: object }>[] = [];
  readonly charge: string;

  constructor(charge: string) {
    this.charge = charge;
  }

  get left(): number {
    const counted = [...this.rows.values()].filter(({ stand }) => stand !== 'failed' && stand !== 'canceled');
    return counted.reduce((left, { amount }) => left - amount, totalMinor);
  }

  make(key: string, refundId: string | undefined, amount: number, stand: Stand): Row | undefined {
    const made = [...this.rows.values()].find((row) => row.key === key);
    if (made || amount > this.left) return made;
    const row = { id: `re_${randomUUID()}`, key, refundId, charge: this.charge, amount, stand };
    this.write('refund.created', row);
    this.tell('charge.refunded', { id: 'ch_1', object: 'charge', payment_intent: this.charge });
    return row;
  }

  move(row: Row, stand: Stand): void {
    if (!course[row.stand].includes(stand)) return;
    this.write('refund.updated', { ...row, stand });
    if (stand === 'failed') this.write('refund.failed', { ...row, stand });
  }

  private write(type: string, row: Row): void {
    this.rows.set(row.id, row);
    const { id, refundId, charge, amount, stand } = row;
    const metadata = refundId === undefined ? {} : { refund_id: refundId };
    this.tell(type, { id, object: 'refund', amount, currency: 'usd', payment_intent: charge, status: stand, metadata });
  }

  private tell(type: string, object: object): void {
    this.events.push({ id: `evt_${randomUUID()}`, type, object });
  }
}

/** Every charge of this file: the comparison reads them all. */
const all = new Map<string, Books>();
const outcomeOf = ({ id: reference, stand }: Row): RefundOutcome => {
  if (stand === 'succeeded') return { status: 'succeeded', reference };
  if (stand === 'failed' || stand === 'canceled') return { status: 'failed', reference, code: stand, detail: 'No.' };
  return { status: 'processing', reference, detail: stand };
};
const listed = (row: Row): ListedRefund => ({
  reference: row.id,
  chargeReference: row.charge,
  refundId: row.refundId,
  amountMinor: row.amount,
  currency: 'USD',
  outcome: outcomeOf(row),
});
const newestFirst = (books: Books) => [...books.rows.values()].toReversed().map(listed);

/** The gateway, whose refunds begin as told; what is said to it, or what it answers, may get lost. */
const speaking = (stand: Stand = 'succeeded', lost?: 'question' | 'answer'): Partial<PaymentGateway> => ({
  async refund({ key, refundId, reference, amountMinor }: GiveBack) {
    if (lost === 'question') throw new OutcomeUnknown('silence');
    const row = all.get(reference)?.make(key, refundId, amountMinor, stand);
    if (lost === 'answer') throw new OutcomeUnknown('silence');
    return row ? outcomeOf(row) : { status: 'failed', reference: null, code: 'charge_already_refunded', detail: 'No.' };
  },
  refundsOf: async (charge) => newestFirst(all.get(charge) ?? new Books(charge)),
  async *list() {
    // Of charges other tests speak.
  },
  async *listRefunds() {
    for (const books of all.values()) yield* newestFirst(books);
  },
});
const heardBy = (gateway: Partial<PaymentGateway>) => ({
  ...shop.ctx,
  payments: {
    ...shop.ctx.payments,
    gateways: answering(shop.ctx.payments.gateways, { ...gateway, outage: tireless }),
  },
});

const which = fc.nat(20);
// Most refunds succeed, and most of what happens to them happens after that.
const stand = fc.constantFrom<Stand>('succeeded', 'succeeded', 'pending', 'requires_action', 'failed', 'canceled');
const amount = fc.constantFrom(1_000, 2_500, 4_000, 10_000);
const lost = fc.constantFrom(undefined, undefined, 'question' as const, 'answer' as const);
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ does: fc.constant('ask' as const), amount }) },
  { weight: 3, arbitrary: fc.record({ does: fc.constant('give' as const), which, stand, lost }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('dashboard' as const), amount, stand }) },
  { weight: 4, arbitrary: fc.record({ does: fc.constant('move' as const), which, stand }) },
  { weight: 4, arbitrary: fc.record({ does: fc.constant('deliver' as const), which }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('look up' as const) }) },
);
/** Sequences that chance finds seldom: each has been a fault. */
const examples: [Step[]][] = [
  // Nobody tells of a failure that made room for the next refund.
  [
    [
      { does: 'ask', amount: 10_000 },
      { does: 'give', which: 0, stand: 'succeeded', lost: undefined },
      { does: 'move', which: 0, stand: 'failed' },
      { does: 'dashboard', amount: 10_000, stand: 'succeeded' },
      { does: 'deliver', which: 4 },
    ],
  ],
  // A refund of the dashboard overtakes one of ours, which the gateway then refuses.
  [
    [
      { does: 'ask', amount: 4_000 },
      { does: 'dashboard', amount: 10_000, stand: 'pending' },
      { does: 'deliver', which: 0 },
      { does: 'give', which: 0, stand: 'succeeded', lost: 'question' },
      { does: 'move', which: 0, stand: 'succeeded' },
    ],
  ],
  // Nobody tells of a failure that made room for one of ours, which the gateway then takes.
  [
    [
      { does: 'dashboard', amount: 1_000, stand: 'succeeded' },
      { does: 'ask', amount: 10_000 },
      { does: 'deliver', which: 0 },
      { does: 'move', which: 0, stand: 'failed' },
      { does: 'give', which: 0, stand: 'succeeded', lost: undefined },
    ],
  ],
];
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

async function deliver({ id, type, object }: Books['events'][number]): Promise<void> {
  const body = JSON.stringify({ id, object: 'event', type, created: 1_764_000_000, data: { object } });
  const seconds = Math.floor(Date.now() / 1_000);
  const signature = createHmac('sha256', 'whsec_test').update(`${seconds}.${body}`).digest('hex');
  const headers = { 'content-type': 'application/json', 'stripe-signature': `t=${seconds},v1=${signature}` };
  expect((await shop.send('POST', '/payments/webhook', { body, headers })).status).toBe(200);
}

const refundsOf = (order: string) => shop.ctx.orm.em.fork().find(Refund, { order }, { orderBy: { id: 'asc' } });
const give = async (order: string, refundId: string, gateway: Partial<PaymentGateway>) => {
  const payload = { order_id: order, refund_id: refundId };
  await performJob(refundPayment, payload, heardBy(gateway)).catch((error: unknown) => {
    if (!(error instanceof OutcomeUnknown)) throw error;
  });
};

async function take(books: Books, order: string, paymentId: string, taken: Step): Promise<void> {
  const pick = <T>(from: readonly T[], at: number): T | undefined => from[at % Math.max(from.length, 1)];
  switch (taken.does) {
    case 'ask':
      await shop.send('POST', `/orders/${order}/refund`, { as: 'admin', body: { amount: taken.amount / 100 } });
      break;
    case 'give': {
      const refund = pick(await refundsOf(order), taken.which);
      if (refund) await give(order, refund.id, speaking(taken.stand, taken.lost));
      break;
    }
    case 'dashboard':
      books.make(randomUUID(), undefined, taken.amount, taken.stand);
      break;
    case 'move': {
      const row = pick([...books.rows.values()], taken.which);
      if (row) books.move(row, taken.stand);
      break;
    }
    case 'deliver': {
      const event = pick(books.events, taken.which);
      if (event) await deliver(event);
      break;
    }
    case 'look up':
      await performJob(lookUpRefunds, { order_id: order, payment_id: paymentId }, heardBy(speaking()));
      break;
  }
}

test('any sequence of answers, webhooks, repeats and losses ends where the gateway’s books end', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 8, maxLength: 24 }), async (steps) => {
      const { id } = await shop.place();
      await shop.charge(id, takingGateway());
      const [payment] = await shop.payments(id);
      const books = new Books(payment?.gatewayReference ?? '');
      all.set(books.charge, books);
      for (const taken of steps) await take(books, id, payment?.id ?? '', taken);

      // Time passes: what is not over is asked for until the gateway has it, and once a day the books are compared.
      for (let turn = 0; turn < 4; turn += 1)
        for (const { id: refundId } of await refundsOf(id)) await give(id, refundId, speaking());
      const tomorrow = { ...heardBy(speaking()), now: () => new Date(Date.now() + 20 * 60_000) };
      const { differing } = await performJob(compareCharges, {}, tomorrow);
      expect(differing.filter((reference) => books.rows.has(reference))).toEqual([]);

      const rows = await refundsOf(id);
      const theirs = [...books.rows.values()];
      const ofGateway = theirs.map((row) => `${row.id} ${row.amount} ${outcomeOf(row).status}`).toSorted();
      const ofOurs = rows.flatMap(({ gatewayReference, amountMinor, status }) =>
        gatewayReference ? [`${gatewayReference} ${amountMinor} ${status}`] : [],
      );
      expect(ofOurs.toSorted()).toEqual(ofGateway);
      // What the gateway never took up is over and gave nothing back.
      expect(rows.filter((row) => !row.gatewayReference && row.status !== 'failed')).toEqual([]);
      const given = theirs.reduce((sum, row) => sum + (row.stand === 'succeeded' ? row.amount : 0), 0);
      const status = given === 0 ? 'paid' : given === totalMinor ? 'refunded' : 'partially_refunded';
      expect(await shop.read(id)).toMatchObject({ status, refunded_amount: given / 100 });
      await expectTold(id, given);
    }),
    { numRuns: 15, examples },
  );
});

/** Each refund is announced once as done and once as failed at most; all together say what was given back. */
async function expectTold(id: string, given: number): Promise<void> {
  const em = shop.ctx.orm.em.fork();
  const events = await em.find(
    EventLog,
    { subject: id, type: { $like: 'order.refund%' } },
    { orderBy: { version: 'asc' } },
  );
  const seen = events.map(({ type, data }) => `${type} ${data.match(/"refund_id":"([^"]+)"/)?.[1]}`);
  expect(new Set(seen).size).toBe(seen.length);
  const last: { refunded_amount?: number } = JSON.parse(events.at(-1)?.data ?? '{}');
  expect(last.refunded_amount ?? 0).toBe(given / 100);
  const history = await em.find(OrderHistory, { order: id }, { orderBy: { id: 'asc' } });
  const tables = { order: orderMoves, refund: refundMoves, payment: {}, dispute: {} };
  for (const { subject, fromStatus, toStatus } of history) {
    const moves: Readonly<Record<string, readonly string[]>> = tables[subject];
    if (fromStatus && moves[fromStatus]) expect(moves[fromStatus], `${subject} ${fromStatus}`).toContain(toStatus);
  }
}
