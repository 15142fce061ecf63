import { Problem } from '../../src/errors.ts';
import { cancelForBuyer, payOrder } from '../../src/orders/change-order.ts';
import type { Wish } from '../../src/orders/accept-orders.ts';
import { takesOf } from '../../src/orders/takeable.ts';
import type { History, Living, Scenario } from './history.ts';
import { methods } from './gateway.ts';
import { Blocked } from './mysql/engine.ts';
import { type Row, Work } from './mysql/tables.ts';
import { faults } from './simulation.ts';
import { follow, violationsOfLog } from './log-holds.ts';

/** What a buyer wants, and what has come of it as far as they know. */
type Buying = {
  readonly key: string;
  readonly userId: number;
  readonly quantity: number;
  readonly method: string;
  answered: string[];
  refused: string | undefined;
};

const patienceMs = 8_000;
const stock = 7;
const price = 500;

/**
 * Buyers order, each with a key by which they ask again until they are answered; some send twice, some cancel, some pay anew with
 * another card. Orders commit in batches, are announced and charged, whatever strikes.
 */
export const orders: Scenario = {
  name: 'orders',
  faults,
  begin(history) {
    const { ground, servers, time } = history;
    seed(history);
    const buyings = Array.from({ length: [1, 1, 2, 3][time.chance(4)] ?? 1 }, (_, index): Buying => {
      const method = time.chance(4) === 0 ? methods.refused : methods.taken;
      const who = { key: `key-${index}`, userId: 1 + time.chance(2), quantity: 1 + time.chance(3) };
      return { ...who, method, answered: [], refused: undefined };
    });
    const follower = follow(history, 'orders');
    return {
      run: beginWork,
      act: async () => void (await Promise.all(buyings.map((buying) => buy(history, buying)))),
      watch: () => follower.look(),
      isOver: () => leftovers(history).length === 0,
      leftovers: () => leftovers(history),
      violations: () => [
        ...violationsOfLog(history, 'orders', follower.seen),
        ...buyings.flatMap((buying) => violationsOfBuying(history, buying)),
        ...violationsOfOrders(ground.engine.rows('orders'), history),
        ...violationsOfStock(history),
        ...servers.jobs.givenUp,
      ],
    };
  },
};

/** What every process does besides being asked. */
export function beginWork({ platform }: Living): void {
  // Two at once, so that they have company in their batches.
  void platform.work();
  void platform.work();
  const soon = () => 400 + Math.random() * 1_600;
  setTimeout(() => void platform.keepOn(2_000, () => platform.sweep()), soon());
  setTimeout(() => void platform.keepOn(2_000, () => platform.complete()), soon());
  setTimeout(() => void platform.keepOn(5_000, () => platform.reconcile()), soon());
}

/** Writes what a history begins with. */
export function write({ ground, time }: History, ...statements: readonly string[]): void {
  for (const sql of statements) {
    const work = new Work();
    const said = ground.engine.prepare(sql, work)(time.nowMs);
    if (!(said instanceof Blocked)) ground.hear?.mysql({ connection: 0, sql, nowMs: time.nowMs, said });
    work.end(true);
  }
}

function seed(history: History): void {
  write(
    history,
    `insert into users (id, email, name, role, password_hash)
     values (1, 'a@example.com', 'a', 'admin', ''), (2, 'b@example.com', 'b', 'user', '')`,
    `insert into products (id, title, price_minor, currency, stock) values (1, 'thing', ${price}, 'USD', ${stock})`,
    'insert into event_log_end (id, position, entry_ms) values (1, 0, 0)',
  );
}

async function buy(history: History, buying: Buying): Promise<void> {
  const { time } = history;
  await pause(time.chance(40));
  const copies = time.chance(4) === 0 ? 2 : 1;
  await Promise.all(Array.from({ length: copies }, () => askUntilAnswered(history, buying)));
  const [id] = buying.answered;
  if (id === undefined) return;
  if (time.chance(4) === 0) await insist(history, (living) => cancel(living, id, buying.userId));
  else if (buying.method === methods.refused)
    await insist(history, (living) => payAnew(history, living, id, buying.userId));
}

/** Asks again with the same key whenever no answer has come. */
async function askUntilAnswered(history: History, buying: Buying): Promise<void> {
  await insist(history, async ({ platform }) => {
    try {
      const { answer } = await platform.acceptOrder(wishOf(buying, platform));
      buying.answered.push(answer.text);
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== 'out_of_stock') throw error;
      buying.refused = error.code;
    }
  });
}

function wishOf({ key, userId, quantity, method }: Buying, { payments, now }: Living['platform']): Wish {
  return {
    items: new Map([[1, { quantity, pointers: [] }]]),
    totalAmount: undefined,
    currency: undefined,
    takes: takesOf(payments.gateways),
    at: now(),
    fxMaxAgeMs: 1_000,
    userId,
    tenant: `user:${userId}`,
    means: { method, gateway: 'ledger' },
    request: { userId, key, fingerprint: 'f'.repeat(64) },
    answer: ({ order }) => ({ status: 201, text: order.id, location: `/orders/${order.id}` }),
  };
}

async function cancel({ platform: { transaction, now } }: Living, id: string, userId: number): Promise<void> {
  await transaction((tx, after) =>
    cancelForBuyer(tx, after, { id, userId, at: now(), tenant: `user:${userId}` }),
  ).catch(unlessRefused);
}

async function payAnew(history: History, { platform }: Living, id: string, userId: number): Promise<void> {
  const { transaction, now, payments } = platform;
  const whose = { id, userId, at: now(), tenant: `user:${userId}` } as const;
  const paying = { means: { method: methods.taken, gateway: 'ledger' }, takes: takesOf(payments.gateways) };
  const isStill = (status: string) =>
    history.ground.engine.rows('orders').some((row) => row['id'] === id && row['status'] === status);
  while (isStill('pending')) await pause(200);
  await transaction((tx, after) => payOrder(tx, after, whose, paying)).catch(unlessRefused);
}

/** A no is an answer; whatever else goes wrong is tried again. */
function unlessRefused(error: unknown): void {
  if (!(error instanceof Problem) || error.code === 'overloaded') throw error;
}

/** Does it with whoever lives, until it has been done. */
async function insist({ living, time }: History, work: (living: Living) => Promise<void>): Promise<void> {
  for (;;) {
    const all = living();
    const one = all[time.chance(Math.max(1, all.length))];
    if (one) {
      const isDone = await Promise.race([
        time
          .as(one.process, () => work(one))
          .then(
            () => true,
            () => false,
          ),
        one.died.then(() => false),
        pause(patienceMs).then(() => false),
      ]);
      if (isDone) return;
    }
    await pause(50 + time.chance(300));
  }
}

/** Waits, in the time of the history. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

const settled = ['succeeded', 'failed', 'canceled'];

function leftovers({ ground: { engine }, servers }: History): readonly string[] {
  const unsettled = engine.rows('payments').filter(({ status }) => !settled.includes(String(status)));
  const unnumbered = engine.rows('event_log').filter(({ position }) => position === null);
  const ends = engine.rows('event_log').map(({ position }) => Number(position));
  return [
    ...unsettled.map(({ id, status }) => `the payment ${id} is ${status}`),
    ...unnumbered.map(({ id }) => `the event ${id} has no position`),
    ...engine.rows('outbox_messages').map(({ id }) => `the message ${id} is left`),
    ...(servers.jobs.areOver ? [] : ['a job is left']),
    ...(servers.keyspace.stream('orders').length === ends.length ? [] : ['the stream is not complete']),
  ];
}

function violationsOfBuying(
  { ground: { engine } }: History,
  { key, userId, answered, refused }: Buying,
): readonly string[] {
  const kept = engine.rows('idempotency_keys').filter((row) => row['key'] === key && row['user_id'] === userId);
  const made = new Set(answered);
  const found = engine.rows('orders').filter(({ id }) => made.has(String(id)));
  return [
    ...(made.size > 1 ? [`${key} was answered with ${made.size} orders`] : []),
    ...(made.size > found.length ? [`the order of ${key} is lost`] : []),
    ...(made.size === 0 && refused === undefined ? [`${key} was never answered`] : []),
    ...(kept.length === made.size ? [] : [`of ${key}, ${kept.length} answers are kept and ${made.size} were given`]),
  ];
}

function violationsOfOrders(rows: readonly Row[], { ground: { engine }, servers }: History): readonly string[] {
  const keys = engine.rows('idempotency_keys').length;
  const all = rows.length === keys ? [] : [`${rows.length} orders of ${keys} requests`];
  return [
    ...all,
    ...rows.flatMap(({ id, status }) => {
      const taken = servers.ledger.charges.filter(
        ({ orderId, outcome }) => orderId === id && outcome.status === 'succeeded',
      );
      const history = engine
        .rows('order_history')
        .filter((row) => row['order_id'] === id && row['subject'] === 'order');
      const times = (event: string) =>
        engine.rows('event_log').filter((row) => row['subject'] === id && row['type'] === event).length;
      const isPaid = status === 'paid';
      const steps = history.map((row) => `${row['from_status'] ?? ''}→${row['to_status']}`);
      return [
        ...(taken.length > 1 ? [`the order ${id} was charged ${taken.length} times`] : []),
        ...(taken.length === 1 && !isPaid ? [`the order ${id} was charged, and is ${status}`] : []),
        ...(taken.length === 0 && isPaid ? [`the order ${id} is paid, and was not charged`] : []),
        ...(times('order.created') === 1 ? [] : [`the order ${id} was announced ${times('order.created')} times`]),
        ...(times('order.paid') === Number(isPaid)
          ? []
          : [`of the order ${id}, which is ${status}, ${times('order.paid')} payments are told`]),
        ...(status === 'pending' ? [`the order ${id} is still pending`] : []),
        ...(isChain(history) ? [] : [`the order ${id} has gone ${steps.join(', ')}`]),
      ];
    }),
  ];
}

/** Whether each change begins where the one before it ended. */
function isChain(history: readonly Row[]): boolean {
  return history.every((row, index) => row['from_status'] === (index === 0 ? null : history[index - 1]?.['to_status']));
}

function violationsOfStock({ ground: { engine } }: History): readonly string[] {
  const held = engine.rows('order_lines').reduce((sum, line) => sum + Number(line['held']), 0);
  const left = Number(engine.rows('products')[0]?.['stock']);
  return left + held === stock ? [] : [`${left} pieces are left and ${held} held, of ${stock}`];
}
