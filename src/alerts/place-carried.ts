import type { EntityManager, MikroORM } from '@mikro-orm/mysql';
import { User } from '../entities/accounts.entity.ts';
import { AlertFiring, PriceAlert } from '../entities/alerts.entity.ts';
import type { Config } from '../config.ts';
import { Problem } from '../errors.ts';
import type { PaymentGateways } from '../gateways/payments/payment-gateway.ts';
import { tenantOfUser } from '../jobs/shares.ts';
import { endsTooLate } from '../mysql/ends-too-late.ts';
import { updateRows } from '../mysql/rows.ts';
import { textOf } from '../mysql/values.ts';
import { openOrders, type PlacedOrder, type Wish } from '../orders/accept-orders.ts';
import { meansOf } from '../orders/mint-payment.ts';
import { takesOf } from '../orders/takeable.ts';
import type { AfterCommit } from '../outbox/after-commit.ts';
import type { Transaction } from '../outbox/transaction.ts';
import type { Log } from '../process/log.ts';
import type { AlertRow } from './alert.ts';
import { carriedBy, itemsOf } from './carried-order.ts';
import { type Firing, type FiringFacts, tellFiring } from './tell-firing.ts';

/** What placing needs of its process. */
export type PlacingParts = Readonly<{
  config: Pick<Config, 'PAYMENT_DEFAULT_METHOD' | 'FX_MAX_AGE_SECONDS' | 'SMTP_URL'>;
  payments: Readonly<{ gateways: PaymentGateways }>;
  orm: MikroORM;
  transaction: Transaction;
  now: () => Date;
  log: Log;
}>;

const atOnce = 100;
/** SQL: whether the order of a firing is to be placed, and nobody is about to. */
export const isDue = `(due_at <= utc_timestamp(3) or ${endsTooLate('due_at')})`;
// Longer than a transaction may take; whoever comes after it finds what the first one did.
const leaseSeconds = 15;
// A quarter of an hour of trouble: who wanted to buy at a moment does not want to much later.
const mostAttempts = 60;
// These pass, and are tried again: rates come, and lines move.
const passing: readonly string[] = ['fx_rate_unavailable', 'overloaded'];

/** The order has been placed, or refused, by somebody else. */
class AlreadyDone extends Error {
  override name = 'AlreadyDone';
}

/**
 * Places the orders that firings carry and nobody has placed, and returns how many it looked at. The firing is moved on in the
 * transaction that stores the order, so that it is one order, whoever else sets about it and wherever this stops.
 */
export async function placeCarried(parts: PlacingParts): Promise<number> {
  const em = parts.orm.em.fork();
  const due = await takeDue(em);
  if (due.length === 0) return 0;
  const alerts = await em.find(
    PriceAlert,
    { id: { $in: due.map(({ alert }) => alert) } },
    { disableIdentityMap: true },
  );
  const known = new Map(alerts.map((alert) => [alert.id, alert]));
  const there = await em.find(
    User,
    { id: { $in: due.map(({ userId }) => userId) }, deletedAt: null },
    { fields: ['id'], disableIdentityMap: true },
  );
  const buyers = new Set(there.map(({ id }) => id));
  const place = openOrders(parts.transaction);
  await Promise.all(
    due.map(async (firing) => {
      const alert = known.get(firing.alert);
      // Deleted meanwhile, and its wish with it.
      if (!alert) return;
      await placeOne(parts, place, { alert, firing, isBuyerThere: buyers.has(firing.userId) }).catch((error: unknown) =>
        parts.log.warn(
          { err: error, alert: alert.id },
          'alerts: an order could not be placed, and will be tried again',
        ),
      );
    }),
  );
  return due.length;
}

/** Finds firings whose order is to be placed, and has nobody else find them for some seconds. */
export async function takeDue(em: EntityManager): Promise<Firing[]> {
  const { tableName } = em.getMetadata(AlertFiring);
  const rows = await em.execute<Record<string, unknown>[]>(
    `select * from ${tableName} where ${isDue} order by due_at limit ${atOnce}`,
  );
  const due = rows.map((row) => em.map(AlertFiring, row));
  if (due.length === 0) return [];
  const text = textOf(em);
  const places = due.map(({ alert, number }) => `(${text(alert)}, ${number})`).toSorted();
  await em.execute(
    `update ${tableName} set due_at = utc_timestamp(3) + interval ${leaseSeconds} second, attempts = attempts + 1
     where (alert, number) in (${places.join(', ')}) and ${isDue}`,
    [],
    'run',
  );
  return due;
}

type Placing = Readonly<{ alert: AlertRow; firing: Firing; isBuyerThere: boolean }>;

async function placeOne(parts: PlacingParts, place: ReturnType<typeof openOrders>, placing: Placing): Promise<void> {
  const { alert, firing, isBuyerThere } = placing;
  try {
    if (!isBuyerThere) throw new Problem('not_found', 'The account is no longer there.');
    await place(wishOf(parts, alert, firing));
  } catch (error) {
    if (error instanceof AlreadyDone) return;
    const isFinal = error instanceof Problem && !passing.includes(error.code);
    if (!isFinal && firing.attempts < mostAttempts) throw error;
    const { code, message } =
      error instanceof Problem ? error : { code: 'unavailable', message: 'It could not be placed in time.' };
    await refuse(parts, placing, { orderCode: code, orderDetail: message.slice(0, 300) });
  }
}

function wishOf(parts: PlacingParts, alert: AlertRow, firing: Firing): Wish {
  const carried = carriedBy(alert);
  if (!carried) throw new Problem('not_found', 'The alert carries no order.');
  return {
    userId: alert.userId,
    tenant: tenantOfUser(alert.userId),
    items: itemsOf(carried),
    totalAmount: undefined,
    mostMinor: carried.most_minor,
    currency: carried.currency,
    means: meansOf(parts, carried.payment_method ?? undefined),
    takes: takesOf(parts.payments.gateways),
    at: parts.now(),
    fxMaxAgeMs: parts.config.FX_MAX_AGE_SECONDS * 1_000,
    request: undefined,
    answer: ({ order }: PlacedOrder) => ({ status: 201, text: '', location: `/orders/${order.id}` }),
    note: (tx, { order }, after) =>
      conclude(tx, after, { parts, alert, firing }, { orderState: 'placed', orderId: order.id }),
  };
}

async function refuse(parts: PlacingParts, placing: Placing, why: Pick<FiringFacts, 'orderCode' | 'orderDetail'>) {
  await parts
    .transaction((tx, after) => conclude(tx, after, { parts, ...placing }, { orderState: 'refused', ...why }))
    .catch(ignoreDone);
}

/** Moves a firing on, and tells of it. @throws AlreadyDone when somebody else has: then nothing is stored. */
async function conclude(
  tx: EntityManager,
  after: AfterCommit,
  { parts, alert, firing }: Pick<Placing, 'alert' | 'firing'> & Readonly<{ parts: PlacingParts }>,
  outcome: Partial<FiringFacts>,
): Promise<void> {
  const one = { alert: firing.alert, number: firing.number };
  const moved = await updateRows(tx, AlertFiring, { ...one, orderState: 'waiting' }, { ...outcome, dueAt: null });
  if (moved !== 1) throw new AlreadyDone(`${firing.alert} ${firing.number}`);
  tellFiring(after, parts, alert, { ...firing, ...outcome });
}

function ignoreDone(error: unknown): void {
  if (!(error instanceof AlreadyDone)) throw error;
}
