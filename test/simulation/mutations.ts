/** A guard that is taken out of the product, and who notices: a scenario of the simulation, or a test. */
export type Mutation = Readonly<{
  what: string;
  file: string;
  edits: readonly (readonly [from: string, to: string])[];
  by: string;
}>;

const outbox: readonly Mutation[] = [
  {
    what: 'a COMMIT whose answer is lost counts as one that failed',
    file: 'src/outbox/transaction.ts',
    edits: [['if (isCommitting && mayHaveCommitted(error))', 'if (isCommitting && !mayHaveCommitted(error))']],
    by: 'webhooks',
  },
  {
    what: 'the relay hears of messages before their COMMIT',
    file: 'src/outbox/transaction.ts',
    edits: [
      ['    relay.notify(committed);\n', ''],
      ['collectMessages(now, mint), work)', 'collectMessages(now, mint), work, relay)'],
      [
        '=> Promise<T>,\n) {\n  let isCommitting',
        "=> Promise<T>,\n  relay: Pick<Relay, 'notify'>,\n) {\n  let isCommitting",
      ],
      ['      isCommitting = true;\n', '      isCommitting = true;\n      relay.notify(committed);\n'],
    ],
    by: 'orders',
  },
  {
    what: 'positions are given to events that have one',
    file: 'src/outbox/number-events.ts',
    edits: [
      ['where n.id = 1 and n.position = ${last} and e.position is null`', 'where n.id = 1 and n.position = ${last}`'],
    ],
    by: 'orders',
  },
  {
    what: 'whoever gives positions does not look whether the end has moved',
    file: 'src/outbox/number-events.ts',
    edits: [
      ['where n.id = 1 and n.position = ${last} and e.position is null`', 'where n.id = 1 and e.position is null`'],
    ],
    by: 'orders',
  },
  {
    what: "a subject's events are numbered in whatever order they are found",
    file: 'src/outbox/number-events.ts',
    edits: [['const next = byVersion(events);', 'const next = events.toReversed();']],
    by: 'orders',
  },
  {
    what: 'what comes before an event and waits is not looked for',
    file: 'src/outbox/number-events.ts',
    edits: [['row?.own === events.length && row.preceding === 0', 'row?.own === events.length']],
    by: 'orders',
  },
  {
    what: 'versions of a subject are not counted',
    file: 'src/outbox/write-events.ts',
    edits: [['const version = (last.get(keyOf(event)) ?? 0) + 1;', 'const version = 1;']],
    by: 'orders',
  },
  {
    what: 'a stream takes what does not follow',
    file: 'src/streams/append/append.lua',
    edits: [
      ["if last and last < (previous or tonumber(events[1])) or not last and previous then return 'behind' end", ''],
    ],
    by: 'orders',
  },
  {
    what: 'a stream takes again what it has',
    file: 'src/streams/append/append.lua',
    edits: [['if not last or tonumber(position) > last then', 'if true then']],
    by: 'orders',
  },
  {
    what: 'streams are not completed from the log',
    file: 'src/outbox/announce.ts',
    edits: [['if (end === undefined || end < logged) await complete(parts, stream, end, signal);', '']],
    by: 'orders',
  },
  {
    what: 'nobody sweeps',
    file: 'src/outbox/sweep.ts',
    edits: [['if (jobs.length > 0) await relay.send(jobs);', '']],
    by: 'orders',
  },
  {
    what: 'a sweep takes leases that are held',
    file: 'src/outbox/sweep.ts',
    edits: [['{ id: ids, leaseUntil: isDue }', '{ id: ids }']],
    by: 'test/outbox/sweep.test.ts',
  },
  {
    what: 'messages are deleted before they are sent',
    file: 'src/outbox/relay.ts',
    edits: [
      [
        '      const ids = await send(parts, jobs);\n      sent.note(ids);\n',
        '      sent.note(jobs.map(({ id }) => id));\n      await sent.tidy();\n      const ids = await send(parts, jobs);\n',
      ],
    ],
    by: 'test/outbox/relay.test.ts',
  },
  {
    what: 'a batch whose COMMIT is unknown is done again by halves',
    file: 'src/outbox/batch.ts',
    edits: [['if (members.length === 1 || concernsAll(error)) {', 'if (members.length === 1) {']],
    by: 'test/outbox/batch.test.ts',
  },
  {
    what: 'outcomes of a batch go to the wrong members',
    file: 'src/outbox/batch.ts',
    edits: [['conclude(members[index]?.end, outcome)', 'conclude(members[members.length - 1 - index]?.end, outcome)']],
    by: 'orders',
  },
];

const money: readonly Mutation[] = [
  {
    what: 'a request that comes again is not known',
    file: 'src/orders/accept-orders.ts',
    edits: [
      [
        'const stored = request && recalled.get(nameOf(request));',
        'const stored = request && new Map<string, never>().get(nameOf(request));',
      ],
    ],
    by: 'orders',
  },
  {
    what: 'answers are not kept',
    file: 'src/outbox/keyed-answers.ts',
    edits: [['await insertRows(tx, IdempotencyKey, inOrder).catch(inUseWhen(taken));', 'void inOrder;']],
    by: 'orders',
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
    what: 'each call to the gateway has a key of its own',
    file: 'src/payments/begin-charge.ts',
    edits: [['const { gatewayKey: key, order: orderId,', 'const key = randomUUIDv7();\n  const { order: orderId,']],
    by: 'orders',
  },
  {
    what: 'it is not written down that the gateway is about to be asked',
    file: 'src/payments/begin-charge.ts',
    edits: [['const chargingAt = payment.chargingAt ?? at;', 'const chargingAt = payment.chargingAt ?? null;']],
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
    what: 'orders are settled without a lock',
    file: 'src/payments/settle-payment.ts',
    edits: [
      [
        'new Set(given.map(({ orderId }) => orderId)), { lock: true })',
        'new Set(given.map(({ orderId }) => orderId)))',
      ],
    ],
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
    edits: [["updateEach(tx, Order, rows, { status: 'pending' })", 'updateEach(tx, Order, rows)']],
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
];

const primary = (columns: string) => `${columns}
          ],
          "composite": true,
          "constraint": true,
          "keyName": "PRIMARY",
          "primary": true,
          "unique": `;
const unique = (name: string) => `"keyName": "${name}",
          "primary": false,
          "unique": `;

const keys: readonly Mutation[] = [
  {
    what: 'keys of requests are not unique',
    edit: primary('"user_id",\n            "key"'),
    by: 'orders',
  },
  {
    what: 'an order may have several live payments',
    edit: unique('payments_live_order_id_unique'),
    by: 'test/orders/transitions.test.ts',
  },
  {
    what: 'positions are not unique',
    edit: unique('event_log_position_unique'),
    by: 'test/outbox/number-events.test.ts',
  },
  {
    what: 'versions of a subject are not unique',
    edit: unique('event_log_stream_subject_version_unique'),
    by: 'test/outbox/number-events.test.ts',
  },
].map(({ edit, ...rest }) => ({
  ...rest,
  file: 'migrations/.snapshot.json',
  edits: [[`${edit}true`, `${edit}false`]],
}));

const outside: readonly Mutation[] = [
  {
    what: 'the window is not counted',
    file: 'src/gateways/finnhub/budget/take.lua',
    edits: [['  wait_for(in_window, per_window, window_ms),\n', '']],
    by: 'budget',
  },
  {
    what: 'the second is not counted',
    file: 'src/gateways/finnhub/budget/take.lua',
    edits: [['  wait_for(in_second, per_second, 1000)\n)\nif not current', '  0\n)\nif not current']],
    by: 'budget',
  },
  {
    what: 'what was lost is not put back',
    file: 'src/gateways/finnhub/budget-memory.ts',
    edits: [['if (log.length > 0) await restore(redis,', 'if (log.length < 0) await restore(redis,']],
    by: 'budget',
  },
  {
    what: 'nobody is waited for after a loss',
    file: 'src/gateways/finnhub/budget/take.lua',
    edits: [["tonumber(redis.call('GET', since) or 0) + hold_ms - now", '0 - now']],
    by: 'budget',
  },
  {
    what: 'after a loss any number of calls is made at once',
    file: 'src/gateways/finnhub/budget/take.lua',
    edits: [['if wait == 0 and not current and not', 'if false and not']],
    by: 'budget',
  },
  {
    what: 'what the provider has counted is not entered',
    file: 'src/gateways/finnhub/budget/hear.lua',
    edits: [
      ["for i = redis.call('ZCARD', log) + 1, used do redis.call('ZADD', log, now, new_epoch .. ':' .. i) end", ''],
    ],
    by: 'budget',
  },
  {
    what: 'a grant is not entered',
    file: 'src/gateways/finnhub/budget/take.lua',
    edits: [
      ["if wait == 0 then\n  redis.call('ZADD', log, now, id)", "if false then\n  redis.call('ZADD', log, now, id)"],
    ],
    by: 'budget',
  },
  {
    what: 'the windows are kept without a guard',
    file: 'src/gateways/finnhub/budget.ts',
    edits: [['const guardedMs = windowMs + Math.ceil(windowMs / 120);', 'const guardedMs = windowMs;']],
    by: 'budget',
  },
  {
    what: 'an endpoint is claimed while another works for it',
    file: 'src/webhooks/claim.ts',
    edits: [['and (claim is null or wake_at <= utc_timestamp(3))', '']],
    by: 'test/jobs/webhooks/deliver-webhooks.job.test.ts',
  },
  {
    what: 'what follows a failure is told all the same',
    file: 'src/webhooks/round.ts',
    edits: [['if (!isTaken(one)) break;', '']],
    by: 'webhooks',
  },
  {
    what: 'a subject goes on while an event of it waits',
    file: 'src/webhooks/round.ts',
    edits: [["await find('waiting', mostDeliveries, restingSubjects)", "await find('waiting', mostDeliveries)"]],
    by: 'webhooks',
  },
  {
    what: 'a round is told in whatever order',
    file: 'src/webhooks/round.ts',
    edits: [
      [
        'toSorted((one, other) => one.position - other.position)',
        'toSorted((one, other) => other.position - one.position)',
      ],
    ],
    by: 'webhooks',
  },
  {
    what: 'the cursor moves on from wherever it stands',
    file: 'src/webhooks/route-events.ts',
    edits: [['{ id: 1, position: routed }, { position })) === 0)', '{ id: 1 }, { position })) === 0)']],
    by: 'webhooks',
  },
  {
    what: 'deliveries are written down without the cursor',
    file: 'src/webhooks/route-events.ts',
    edits: [
      [
        'if ((await tx.nativeUpdate(WebhookCursor, { id: 1, position: routed }, { position })) === 0) return;\n    await addDeliveries(tx, deliveries, now());',
        'if ((await tx.nativeUpdate(WebhookCursor, { id: 1, position: routed }, { position })) === 0) return;\n    await addDeliveries(tx, deliveries.slice(1), now());',
      ],
    ],
    by: 'webhooks',
  },
  {
    what: 'an endpoint whose worker is gone is left alone',
    file: 'src/webhooks/claim.ts',
    edits: [['interval ${leaseSeconds} second, again = 0', 'interval 1 year, again = 0']],
    by: 'webhooks',
  },
];

/** Every guard of the core that is taken out, one at a time. */
export const mutations: readonly Mutation[] = [...outbox, ...money, ...keys, ...outside];
