import { randomUUIDv7 } from 'node:crypto';
import type { EntityManager } from '@mikro-orm/mysql';
import { Order, OrderLine } from '../entities/orders.entity.ts';
import { Payment } from '../entities/payments.entity.ts';
import { Problem } from '../errors.ts';
import type { Tenant } from '../jobs/shares.ts';
import { insertRows, selectBoth } from '../mysql/rows.ts';
import type { AfterCommit } from '../outbox/after-commit.ts';
import {
  inUseWhen,
  type KeyedRequest,
  lockedNow,
  nameOf,
  type Recalled,
  recallAnswers,
  recalling,
  reused,
  type StoredAnswer,
  storeAnswers,
  taken,
} from '../outbox/keyed-answers.ts';
import { type Batch, type Member, openBatch } from '../outbox/batch.ts';
import type { Transaction } from '../outbox/transaction.ts';
import { orderCreated } from '../streams/orders.stream.ts';
import type { Conversion } from './convert-lines.ts';
import { eventItems, type HeldItems, type HeldLine, holdItems, type ItemsWish } from './hold-items.ts';
import { forSale, type Products, productsNamed } from './price-items.ts';
import { orderFacts, type OrderRow } from './order.ts';
import { askForCharge, beginningOf, type Means, newPayment, type NewPayment } from './mint-payment.ts';
import { writeHistory } from './transitions.ts';

/** An order as it has been stored. */
export type PlacedOrder = Readonly<{
  order: Omit<OrderRow, 'fxRate' | 'fxSource' | 'fxAsOf'> & Conversion;
  lines: readonly HeldLine[];
  payment: NewPayment | undefined;
}>;

/** An order as someone wishes it, with how it is answered. */
export type Wish = Omit<ItemsWish, 'order'> &
  Readonly<{
    userId: number;
    /** Who asks for it. */
    tenant: Tenant;
    /** How it is paid; undefined: it waits for its buyer to say so. */
    means: Means | undefined;
    /** The name of the request, if it has one: the same request gets the same answer, and makes nothing. */
    request: KeyedRequest | undefined;
    answer(placed: PlacedOrder): StoredAnswer;
    /** Writes more down in the same transaction. */
    note?(tx: EntityManager, placed: PlacedOrder, after: AfterCommit): Promise<void>;
  }>;

/** What a wish is answered with. */
export type Accepted = Readonly<{ answer: StoredAnswer; isReplayed: boolean }>;

/** The most that commits together, orders and the lines of all of them; nobody joins a line that has not moved for three seconds. */
const limits = {
  name: 'accept_order',
  members: 100,
  weight: 1_000,
  weigh: ({ items }: Wish) => items.size,
  waitMs: 3_000,
};

/** Opens the way in: orders that arrive together commit together, each with its own outcome. */
export function openOrders(transaction: Transaction): Batch<Wish, Accepted> {
  const accept = openBatch(transaction, acceptOrders, limits);
  return (wish) => (wish.request ? accept(wish).catch(inUseWhen(taken)) : accept(wish));
}

type Due = Readonly<{ member: Member<Wish>; id: string }>;

/**
 * Stores orders with the prices of this moment, holds their stock, and, where a payment method is known, mints the payment
 * and asks for the charge. What cannot be ordered as wished is a Problem of its own.
 * @throws KeyInUse when a request of the same name is being worked on elsewhere.
 */
async function acceptOrders(
  tx: EntityManager,
  after: AfterCommit,
  members: readonly Member<Wish>[],
): Promise<readonly (Accepted | Error)[]> {
  const { recalled, products } = await look(tx, members);
  const known = answersOf(members, recalled);
  const due = members.filter((member) => !known.has(member)).map((member) => ({ member, id: randomUUIDv7() }));
  const placed = await place(tx, after, due, products);
  // What holds one's stock may be one's own first try, given up by whoever had asked and carried out meanwhile.
  const refused = members.filter((member) => placed.get(member) instanceof Error);
  const late = answersOf(refused, await recallAnswers(tx, requestsOf(refused)));
  return members.flatMap((member) => known.get(member) ?? late.get(member) ?? placed.get(member) ?? []);
}

/** What has been answered to them before, and the products that they name, asked at once. */
async function look(tx: EntityManager, members: readonly Member<Wish>[]) {
  const wishes = members.map(({ given }) => given);
  const [requests, named] = [requestsOf(members), productsNamed(tx, wishes)];
  if (requests.length === 0 || !named) return { recalled: await recallAnswers(tx, requests), products: undefined };
  const [recalled, products] = await selectBoth(tx, recalling(tx, requests), named).catch(inUseWhen(lockedNow));
  return { recalled, products: forSale(products) };
}

function requestsOf(members: readonly Member<Wish>[]): readonly KeyedRequest[] {
  return members.flatMap(({ given: { request } }) => request ?? []);
}

/** What those of them are answered whose requests have been answered before. */
function answersOf(
  members: readonly Member<Wish>[],
  recalled: readonly Recalled[],
): ReadonlyMap<Member<Wish>, Accepted | Error> {
  const answers = new Map(recalled.map((answer) => [nameOf(answer), answer]));
  return new Map(
    members.flatMap((member) => {
      const { request } = member.given;
      const answer = request && answers.get(nameOf(request));
      if (!answer) return [];
      const isSame = answer.fingerprint === request.fingerprint;
      return [[member, isSame ? { answer, isReplayed: true } : reused()] as const];
    }),
  );
}

async function place(
  tx: EntityManager,
  after: AfterCommit,
  due: readonly Due[],
  products: Products | undefined,
): Promise<ReadonlyMap<Member<Wish>, Accepted | Error>> {
  const wishes = due.map(({ member: { given }, id: order }) => ({ ...given, order }));
  const held = await holdItems(tx, wishes, products);
  const outcomes = new Map<Member<Wish>, Accepted | Error>();
  const stored: Stored[] = [];
  for (const [index, { member, id }] of due.entries()) {
    const items = held[index];
    if (items instanceof Problem) outcomes.set(member, items);
    else if (items) {
      const placed = placedOf(member.given, id, items);
      stored.push({ ...placed, member, answer: member.given.answer(placed) });
    }
  }
  await store(tx, after, stored);
  for (const { member, answer, ...placed } of stored) {
    await member.given.note?.(tx, placed, after);
    outcomes.set(member, { answer, isReplayed: false });
  }
  return outcomes;
}

function placedOf({ userId: user, at, means }: Wish, id: string, items: HeldItems): PlacedOrder {
  const { lines, totalMinor, currency, conversion } = items;
  const order = {
    id,
    user,
    status: 'pending' as const,
    totalMinor,
    refundedMinor: 0,
    currency,
    ...conversion,
    createdAt: at,
    paidAt: null,
    waitingSince: means === undefined ? at : null,
  };
  return { order, lines, payment: means && newPayment({ order, means, at }) };
}

type Stored = PlacedOrder & Readonly<{ member: Member<Wish>; answer: StoredAnswer }>;

/** A handful of statements, however many orders they are. */
async function store(tx: EntityManager, after: AfterCommit, stored: readonly Stored[]): Promise<void> {
  const payments = stored.flatMap(({ member, order, lines, payment }) =>
    member.within(() => {
      const { id, currency } = order;
      after.publish(orderCreated, id, { ...orderFacts(order), status: 'pending', items: eventItems(lines, currency) });
      return payment ? [askForCharge(after, payment, member.given.tenant)] : [];
    }),
  );
  await insertRows(
    tx,
    Order,
    stored.map(({ order }) => order),
  );
  await insertRows(
    tx,
    OrderLine,
    stored.flatMap(({ lines }) => lines),
  );
  await insertRows(tx, Payment, payments);
  await writeHistory(
    tx,
    stored.flatMap(({ order: { id, createdAt: at }, payment }) => [
      { order: id, subject: 'order' as const, subjectId: id, from: null, to: 'pending', at },
      ...(payment ? [beginningOf(payment)] : []),
    ]),
  );
  await storeAnswers(
    tx,
    stored.flatMap(({ member: { given }, order, answer }) =>
      given.request ? [{ request: given.request, answer, at: order.createdAt }] : [],
    ),
  );
}
