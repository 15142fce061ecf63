import { randomUUIDv7 } from 'node:crypto';
import type { EntityManager, InferEntity } from '@mikro-orm/mysql';
import { decimalsOf, toMajor, toMinor } from '../money/money.ts';
import { Order, OrderLine } from '../entities/orders.entity.ts';
import { Product } from '../entities/catalog.entity.ts';
import { Problem } from '../errors.ts';
import { insertRows } from '../mysql/rows.ts';
import type { AfterCommit } from '../outbox/after-commit.ts';
import { orderFacts, type OrderRow } from './order.ts';
import { takeStock } from './stock.ts';
import { writeHistory } from './transitions.ts';
import { orderCreated } from '../streams/orders.stream.ts';
import { type Conversion, convertLines, type PricedLine, type RateLimits } from './convert-lines.ts';
import { type Means, mintPayment } from './mint-payment.ts';
import { countable, refuseUntakeable, type Takes } from './takeable.ts';

/** What is ordered: quantities by product, each with the pointers to where the request named it. */
export type WishedItems = ReadonlyMap<number, Readonly<{ quantity: number; pointers: readonly string[] }>>;

/** An order as someone wishes it. */
export type Wish = Readonly<{
  userId: number;
  items: WishedItems;
  totalAmount: number | undefined;
  currency: string | undefined;
  /** How it is paid; undefined: it waits for its buyer to say so. */
  means: Means | undefined;
  takes: Takes;
}> &
  RateLimits;

/** An order as it has been stored. */
export type PlacedOrder = Readonly<{
  order: Omit<OrderRow, 'fxRate' | 'fxSource' | 'fxAsOf'> & Conversion;
  lines: readonly HeldLine[];
  payment: Awaited<ReturnType<typeof mintPayment>> | undefined;
}>;

/**
 * Stores an order with the prices of this moment, holds its stock, and, when a payment method is known, mints its payment
 * and asks for the charge: all in the caller's transaction, or nothing.
 * @throws Problem when it cannot be ordered as wished.
 */
export async function placeOrder(tx: EntityManager, after: AfterCommit, wish: Wish): Promise<PlacedOrder> {
  const { userId: user, at } = wish;
  const id = randomUUIDv7();
  const { lines, totalMinor, currency, conversion } = await holdItems(tx, id, wish);
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
    waitingSince: wish.means === undefined ? at : null,
  };
  await insertRows(tx, Order, [order]);
  await insertRows(tx, OrderLine, lines);
  await writeHistory(tx, { order: id, subject: 'order', subjectId: id, from: null, to: 'pending', at });
  after.publish(orderCreated, id, { ...orderFacts(order), status: 'pending', items: eventItems(lines, currency) });
  const payment = wish.means && (await mintPayment(tx, after, { order, means: wish.means, at }));
  return { order, lines, payment };
}

/** The lines of an order, as they are to be stored. */
type HeldLine = Readonly<{
  order: string;
  position: number;
  productId: number;
  title: string;
  quantity: number;
  held: number;
  unitPriceMinor: number;
  lineTotalMinor: number;
  fxRate: string | null;
}>;

/**
 * Prices what is wished at this moment and takes its stock; nothing is stored yet.
 * @throws Problem unknown_product, currency_required, currency_unavailable, fx_rate_unavailable, total_mismatch,
 * amount_not_chargeable or out_of_stock.
 */
export async function holdItems(
  tx: EntityManager,
  order: string,
  wish: Pick<Wish, 'items' | 'currency' | 'totalAmount' | 'takes' | 'at' | 'fxMaxAgeMs'>,
): Promise<Readonly<{ lines: HeldLine[]; totalMinor: number; currency: string; conversion: Conversion }>> {
  const inTheirs = await priceLines(tx, wish);
  const { lines: priced, currency, conversion } = await convertLines(tx, inTheirs, wish.currency, wish);
  const sum = priced.reduce((before, { lineTotalMinor }) => before + lineTotalMinor, 0);
  const totalMinor = countable(sum, currency);
  refuseOtherTotal(totalMinor, currency, wish.totalAmount);
  const pointer = wish.currency === undefined ? '' : '/currency';
  refuseUntakeable({ minor: totalMinor, currency, limits: wish.takes(currency), pointer });
  await holdStock(tx, priced, wish);
  const lines = priced.map(({ product, quantity, unitPriceMinor, lineTotalMinor, fxRate }, position) => ({
    order,
    position,
    productId: product.id,
    title: product.title,
    quantity,
    held: isCounted(product) ? quantity : 0,
    unitPriceMinor,
    lineTotalMinor,
    fxRate,
  }));
  return { lines, totalMinor, currency, conversion };
}

/** The lines of an order as events tell them. */
export function eventItems(
  lines: readonly Pick<HeldLine, 'productId' | 'quantity' | 'unitPriceMinor'>[],
  currency: string,
) {
  return lines.map(({ productId, quantity, unitPriceMinor }) => ({
    product_id: productId,
    quantity,
    unit_price: toMajor(unitPriceMinor, currency),
  }));
}

async function priceLines(tx: EntityManager, { items }: Pick<Wish, 'items'>): Promise<PricedLine[]> {
  const products = await tx.find(
    Product,
    { id: { $in: [...items.keys()] }, deletedAt: null },
    { disableIdentityMap: true },
  );
  const byId = new Map(products.map((product) => [product.id, product]));
  const unknown = [...items].filter(([id]) => !byId.has(id));
  if (unknown.length > 0)
    throw new Problem('unknown_product', `There is no product ${unknown.map(([id]) => id).join(', ')}.`, {
      errors: unknown.flatMap(([id, { pointers }]) =>
        pointers.map((pointer) => ({ pointer, detail: `no product ${id}` })),
      ),
    });
  return [...items].flatMap(([id, { quantity }]) => {
    const product = byId.get(id);
    if (!product) return [];
    const { priceMinor: unitPriceMinor, currency } = product;
    const lineTotalMinor = countable(unitPriceMinor * quantity, currency);
    return [{ product, quantity, unitPriceMinor, lineTotalMinor, fxRate: null }];
  });
}

function refuseOtherTotal(totalMinor: number, currency: string, sent: number | undefined): void {
  if (sent === undefined || toMinor(sent, currency) === totalMinor) return;
  const total = toMajor(totalMinor, currency).toFixed(decimalsOf(currency));
  throw new Problem('total_mismatch', `The total is ${total} ${currency}.`, {
    errors: [{ pointer: '/total_amount', detail: `must be ${total}` }],
  });
}

async function holdStock(
  tx: EntityManager,
  lines: readonly PricedLine[],
  { items }: Pick<Wish, 'items'>,
): Promise<void> {
  const counted = lines.filter(({ product }) => isCounted(product));
  for (const { product, quantity } of counted.toSorted((a, b) => a.product.id - b.product.id))
    if (!(await takeStock(tx, product.id, quantity)))
      throw new Problem('out_of_stock', `Fewer than ${quantity} of '${product.title}' are left.`, {
        errors: (items.get(product.id)?.pointers ?? []).map((pointer) => ({ pointer, detail: 'too few are left' })),
      });
}

function isCounted({ stock }: Pick<InferEntity<typeof Product>, 'stock'>): boolean {
  return stock !== null && stock !== undefined;
}
