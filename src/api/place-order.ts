import { randomUUIDv7 } from 'node:crypto';
import type { EntityManager, InferEntity } from '@mikro-orm/mysql';
import { raw } from '@mikro-orm/mysql';
import { Order } from '../entities/order.entity.ts';
import { OrderHistory } from '../entities/order-history.entity.ts';
import { OrderLine } from '../entities/order-line.entity.ts';
import { Payment } from '../entities/payment.entity.ts';
import { Product } from '../entities/product.entity.ts';
import { Problem } from '../errors.ts';
import { chargeOrder } from '../jobs/charge-order.job.ts';
import { decimalsOf, toMajor, toMinor } from '../orders/money.ts';
import type { AfterCommit } from '../outbox/after-commit.ts';
import { orderCreated } from '../streams/orders.stream.ts';
import { orderView } from './order-view.ts';

/** What is ordered: quantities by product, each with the pointers to where the request named it. */
export type Wish = Readonly<{
  userId: number;
  items: ReadonlyMap<number, Readonly<{ quantity: number; pointers: readonly string[] }>>;
  totalAmount: number | undefined;
  currency: string | undefined;
  method: string | undefined;
  gateway: string;
  at: Date;
}>;

type Line = Readonly<{ product: InferEntity<typeof Product>; quantity: number; lineTotalMinor: number }>;

/**
 * Stores an order with the prices of this moment, holds its stock, and, when a payment method is known, mints its payment
 * and asks for the charge: all in the caller's transaction, or nothing.
 * @throws Problem when it cannot be ordered as wished.
 */
export async function placeOrder(
  tx: EntityManager,
  after: AfterCommit,
  wish: Wish,
): Promise<ReturnType<typeof orderView>> {
  const lines = await priceLines(tx, wish);
  const currency = commonCurrency(lines, wish.currency);
  const totalMinor = lines.reduce((sum, { lineTotalMinor }) => sum + lineTotalMinor, 0);
  refuseOtherTotal(totalMinor, currency, wish.totalAmount);
  await takeStock(tx, lines, wish);

  const id = randomUUIDv7();
  const { userId: user, at: createdAt } = wish;
  const order = { id, user, status: 'pending' as const, totalMinor, currency, createdAt, paidAt: null };
  const orderLines = lines.map(({ product, quantity, lineTotalMinor }, position) => ({
    order: id,
    position,
    productId: product.id,
    title: product.title,
    quantity,
    unitPriceMinor: product.priceMinor,
    lineTotalMinor,
  }));
  await tx.insert(Order, order);
  await tx.insertMany(OrderLine, orderLines);
  await tx.insert(OrderHistory, {
    id: randomUUIDv7(),
    order: id,
    fromStatus: null,
    toStatus: 'pending',
    reason: null,
    at: createdAt,
  });
  const payment = wish.method === undefined ? undefined : await mintPayment(tx, order, wish.method, wish.gateway);

  after.publish(orderCreated, id, {
    order_id: id,
    user_id: user,
    status: 'pending',
    total_amount: toMajor(totalMinor, currency),
    currency,
    items: orderLines.map(({ productId, quantity, unitPriceMinor }) => ({
      product_id: productId,
      quantity,
      unit_price: toMajor(unitPriceMinor, currency),
    })),
  });
  if (payment) after.enqueue(chargeOrder, { order_id: id, payment_id: payment.id });
  return orderView(order, orderLines, payment);
}

async function priceLines(tx: EntityManager, { items }: Wish): Promise<Line[]> {
  const products = await tx.find(Product, { id: { $in: [...items.keys()] } }, { disableIdentityMap: true });
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
    return product ? [{ product, quantity, lineTotalMinor: product.priceMinor * quantity }] : [];
  });
}

function commonCurrency(lines: readonly Line[], asked: string | undefined): string {
  const currencies = [...new Set(lines.map(({ product }) => product.currency))];
  const [only] = currencies;
  if (only !== undefined && currencies.length === 1 && (asked ?? only) === only) return only;
  throw new Problem(
    'currency_required',
    `The products are priced in ${currencies.join(' and ')}; order those of one currency together.`,
  );
}

function refuseOtherTotal(totalMinor: number, currency: string, sent: number | undefined): void {
  if (sent === undefined || toMinor(sent, currency) === totalMinor) return;
  const total = toMajor(totalMinor, currency).toFixed(decimalsOf(currency));
  throw new Problem('total_mismatch', `The total is ${total} ${currency}.`, {
    errors: [{ pointer: '/total_amount', detail: `must be ${total}` }],
  });
}

// One guarded UPDATE each, in the order of ids, so that two orders never wait for each other in a circle.
async function takeStock(tx: EntityManager, lines: readonly Line[], { items }: Wish): Promise<void> {
  const counted = lines.filter(({ product }) => product.stock !== null && product.stock !== undefined);
  for (const { product, quantity } of counted.toSorted((a, b) => a.product.id - b.product.id)) {
    const stock = raw('stock - ?', [quantity]);
    const taken = await tx.nativeUpdate(Product, { id: product.id, stock: { $gte: quantity } }, { stock });
    if (taken === 0)
      throw new Problem('out_of_stock', `Fewer than ${quantity} of '${product.title}' are left.`, {
        errors: (items.get(product.id)?.pointers ?? []).map((pointer) => ({ pointer, detail: 'too few are left' })),
      });
  }
}

async function mintPayment(
  tx: EntityManager,
  order: Readonly<{ id: string; totalMinor: number; currency: string; createdAt: Date }>,
  method: string,
  gateway: string,
) {
  const payment = {
    id: randomUUIDv7(),
    order: order.id,
    status: 'processing' as const,
    method,
    amountMinor: order.totalMinor,
    currency: order.currency,
    gateway,
    gatewayKey: randomUUIDv7(),
    failureCode: null,
    failureDetail: null,
    createdAt: order.createdAt,
  };
  await tx.insert(Payment, payment);
  return payment;
}
