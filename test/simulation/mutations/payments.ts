import type { Mutation } from './mutation.ts';

/** Guards of orders and their payments. */
export const money: readonly Mutation[] = [
  {
    what: 'a request that comes again is not known',
    file: 'src/orders/accept-orders.ts',
    edits: [
      [
        'const answer = request && answers.get(nameOf(request));',
        'const answer = request && new Map<string, never>().get(nameOf(request));',
      ],
    ],
    by: 'orders',
  },
  {
    what: 'answers are not kept',
    file: 'src/outbox/keyed-answers.ts',
    edits: [['await insertRows(tx, IdempotencyKey, inOrder);', 'void inOrder;']],
    by: 'orders',
  },
  {
    what: 'a name that another process has taken meanwhile is an error',
    file: 'src/orders/accept-orders.ts',
    edits: [['.catch(inUseWhen(taken))', '']],
    by: 'test/orders/accept-orders.test.ts',
  },
  {
    what: 'stock is taken without a lock',
    file: 'src/orders/stock.ts',
    edits: [
      [
        "await selectRows(tx, Product, 'id', [...ids], { lock: true })",
        "await selectRows(tx, Product, 'id', [...ids])",
      ],
    ],
    by: 'orders',
  },
  {
    what: 'more is taken out of stock than there is',
    file: 'src/orders/stock.ts',
    edits: [['(left.get(product.id) ?? 0) < quantity);', '(left.get(product.id) ?? 0) < 0);']],
    by: 'orders',
  },
  {
    what: 'what was held goes on being held when it has been given back',
    file: 'src/orders/stock.ts',
    edits: [['if (held.length > 0) await tx.nativeUpdate(OrderLine, { order: orderId }, { held: 0 });', '']],
    by: 'orders',
  },
  {
    what: 'a key that comes with another request is answered as before',
    file: 'src/orders/accept-orders.ts',
    edits: [['const isSame = answer.fingerprint === request.fingerprint;', 'const isSame = true;']],
    by: 'test/api/http/answer-once.test.ts',
  },
  {
    what: 'what has been refunded is not counted',
    file: 'src/payments/refund-order.ts',
    edits: [
      [
        'const leftMinor = others.reduce((left, { amountMinor }) => left - amountMinor, order.totalMinor);',
        'const leftMinor = others.length < 0 ? 0 : order.totalMinor;',
      ],
    ],
    by: 'test/jobs/payments/refund-payment.job.test.ts',
  },
  {
    what: 'whoever changes an order does not lock it',
    file: 'src/orders/order.ts',
    edits: [['return selectRow(tx, Order, where, { lock: true });', 'return selectRow(tx, Order, where);']],
    by: 'test/jobs/payments/refund-payment.job.test.ts',
  },
  {
    what: 'whoever settles a refund does not lock its order',
    file: 'src/payments/lock-refunds.ts',
    edits: [["{ property: 'id', values: [...orderIds], lock: true }", "{ property: 'id', values: [...orderIds] }"]],
    by: 'test/payments/refunds-at-once.test.ts',
  },
  {
    what: 'a refund of more than is left is counted',
    file: 'src/payments/settle-refund.ts',
    edits: [['order.refundedMinor + refund.amountMinor > order.totalMinor;', 'order.refundedMinor < 0;']],
    by: 'test/payments/refunds-at-once.test.ts',
  },
  {
    what: 'what has begun before is charged at once as well',
    file: 'src/payments/charge-at-once.ts',
    edits: [
      [" || payment.status !== 'processing' || payment.chargingAt) continue;", ') continue;'],
      ["const guard = { status: 'processing' as const, chargingAt: null };", 'const guard = {};'],
    ],
    by: 'test/payments/charge-at-once.test.ts',
  },
  {
    what: 'each call to the gateway has a key of its own',
    file: 'src/payments/begin-charge.ts',
    edits: [['const { gatewayKey: key, order: orderId,', 'const key = randomUUIDv7();\n  const { order: orderId,']],
    by: 'orders',
  },
  {
    what: 'it is not written down that the gateway is about to be asked',
    file: 'src/payments/begin-charge.ts',
    edits: [
      [
        "isFirstCharge && operation === 'charge' ? at : (payment.chargingAt ?? payment.createdAt);",
        'payment.chargingAt ?? null;',
      ],
    ],
    by: 'orders',
  },
  {
    what: 'an order is cancelled while it is being charged',
    file: 'src/orders/change-order.ts',
    edits: [['  if (payment && isUnderWay(payment)) throw inProgress();\n  if (payment) {', '  if (payment) {']],
    by: 'orders',
  },
  {
    what: 'whoever cancels does not lock the payment',
    file: 'src/orders/change-order.ts',
    edits: [
      [
        "  const payment = await livePaymentOf(tx, order.id, { lock: true });\n  if (payment?.status === 'requires_action'",
        "  const payment = await livePaymentOf(tx, order.id);\n  if (payment?.status === 'requires_action'",
      ],
    ],
    by: 'orders',
  },
  {
    what: 'whoever begins a charge does not lock the payment',
    file: 'src/payments/begin-charge.ts',
    edits: [["selectRows(tx, Payment, 'id', [...ids], { lock: true })", "selectRows(tx, Payment, 'id', [...ids])"]],
    by: 'orders',
  },
  {
    what: 'a settled payment is settled again',
    file: 'src/payments/settle-payment.ts',
    edits: [['if (!paymentMoves[payment.status].includes(outcome.status)) return payment.status;', '']],
    by: 'orders',
  },
  {
    what: 'a payment that is over is charged again',
    file: 'src/payments/begin-charge.ts',
    edits: [['if (paymentMoves[payment.status].length === 0) return undefined;', '']],
    by: 'test/jobs/payments/charge-order.job.test.ts',
  },
  {
    what: 'orders are paid wherever they stand',
    file: 'src/payments/settle-payment.ts',
    edits: [
      ['    if (illegal) return illegal;\n', ''],
      ["return { rows, guard: { status: 'pending' as const } };", 'return { rows, guard: {} };'],
    ],
    by: 'test/payments/settle-payment.test.ts',
  },
  {
    what: 'payments move from wherever they stand',
    file: 'src/orders/transitions.ts',
    edits: [['    Payment,\n    { id, status: from },', '    Payment,\n    { id },']],
    by: 'test/orders/transitions.test.ts',
  },
  {
    what: 'orders move from wherever they stand',
    file: 'src/orders/transitions.ts',
    edits: [['    Order,\n    { id, status: from },', '    Order,\n    { id },']],
    by: 'test/orders/transitions.test.ts',
  },
  {
    what: 'an answer that is lost is taken for a no',
    file: 'src/jobs/payments/charge-order.job.ts',
    edits: [
      [
        "unknown: (detail) => settle({ status: 'unknown', detail }),",
        "unknown: (detail) => settle({ status: 'failed', reference: null, code: 'lost', detail }),",
      ],
    ],
    by: 'orders',
  },
  {
    what: 'nobody looks after payments whose jobs are gone',
    file: 'src/jobs/payments/reconcile.job.ts',
    edits: [['jobId: live.has(row.jobId) ? row.jobId : ask(after, what, row),', 'jobId: row.jobId,']],
    by: 'orders',
  },
  {
    what: 'a charge alone is committed, whether or not its rows were as its guards say',
    file: 'src/payments/charge-at-once.ts',
    edits: [['    await refuseUnless(tx, [isPaid, isMoved]);\n', '']],
    by: 'test/payments/charge-at-once.test.ts',
  },
];

const primaryOfRequests = `"user_id",
            "key"
          ],
          "composite": true,
          "constraint": true,
          "keyName": "PRIMARY",
          "primary": true,
          "unique": `;

/** What the schema itself holds: the doubles have it of the snapshot, the servers of the migrations. */
export const keys: readonly Mutation[] = [
  {
    what: 'keys of requests are not unique',
    file: 'migrations/.snapshot.json',
    edits: [[`${primaryOfRequests}true`, `${primaryOfRequests}false`]],
    by: 'orders',
  },
  {
    what: 'an order may have several live payments',
    ...withoutUnique('Migration20261122200000_initial.ts', 'payments_live_order_id_unique'),
    by: 'test/orders/transitions.test.ts',
  },
  {
    what: 'positions are not unique',
    ...withoutUnique('Migration20261126083000_make_the_log_the_outbox.ts', 'event_log_position_unique'),
    by: 'test/outbox/number-events.test.ts',
  },
  {
    what: 'versions of a subject are not unique',
    ...withoutUnique('Migration20261122200000_initial.ts', 'event_log_stream_subject_version_unique'),
    by: 'test/outbox/number-events.test.ts',
  },
];

function withoutUnique(migration: string, name: string): Pick<Mutation, 'file' | 'edits'> {
  const quoted = `\\\`${name}\\\``;
  return { file: `migrations/${migration}`, edits: [[`add unique ${quoted}`, `add index ${quoted}`]] };
}
