import type { EntityManager, InferEntity } from '@mikro-orm/mysql';
import { Product } from '../entities/catalog.entity.ts';
import { Problem } from '../errors.ts';
import { decimalsOf, toMajor, toMinor } from '../money/money.ts';
import { selectRows } from '../mysql/rows.ts';
import { type Conversion, convertLines, type PricedLine, type RateLimits } from './convert-lines.ts';
import { takeStock } from './stock.ts';
import { countable, refuseUntakeable, type Takes } from './takeable.ts';

/** What is ordered: quantities by product, each with the pointers to where the request named it. */
export type WishedItems = ReadonlyMap<number, Readonly<{ quantity: number; pointers: readonly string[] }>>;

/** Items for the order of this id, as someone wishes them. */
export type ItemsWish = Readonly<{
  order: string;
  items: WishedItems;
  totalAmount: number | undefined;
  currency: string | undefined;
  takes: Takes;
}> &
  RateLimits;

/** The lines of an order, as they are to be stored. */
export type HeldLine = Readonly<{
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

/** What an order is made of, its stock taken. */
export type HeldItems = Readonly<{
  lines: readonly HeldLine[];
  totalMinor: number;
  currency: string;
  conversion: Conversion;
}>;

type ProductRow = InferEntity<typeof Product>;
type Products = ReadonlyMap<number, ProductRow>;
type Priced = Omit<HeldItems, 'lines'> & Readonly<{ priced: readonly PricedLine[] }>;

/**
 * Prices what is wished at this moment and takes its stock, in the order of the wishes; nothing else is stored yet. A wish
 * that cannot be met is a Problem of its own: unknown_product, currency_required, currency_unavailable,
 * fx_rate_unavailable, total_mismatch, amount_not_chargeable or out_of_stock.
 */
export async function holdItems(
  tx: EntityManager,
  wishes: readonly ItemsWish[],
): Promise<readonly (HeldItems | Problem)[]> {
  const ids = new Set(wishes.flatMap(({ items }) => [...items.keys()]));
  const found = await selectRows(tx, Product, 'id', [...ids]);
  const products = new Map(found.filter(({ deletedAt }) => !deletedAt).map((product) => [product.id, product]));
  const known: Readonly<{ wish: ItemsWish; one: Priced | Problem }>[] = [];
  for (const wish of wishes) known.push({ wish, one: await orProblem(() => price(tx, products, wish)) });
  const isShort = await takeStock(
    tx,
    known.map(({ one }) => (one instanceof Problem ? [] : one.priced.filter(({ product }) => isCounted(product)))),
  );
  return known.map(({ wish, one }, index) => {
    if (one instanceof Problem) return one;
    const short = isShort[index];
    return short ? outOfStock(short, wish) : { ...one, lines: linesOf(wish.order, one.priced) };
  });
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

async function price(tx: EntityManager, products: Products, wish: ItemsWish): Promise<Priced> {
  const {
    lines: priced,
    currency,
    conversion,
  } = await convertLines(tx, priceLines(products, wish), wish.currency, wish);
  const sum = priced.reduce((before, { lineTotalMinor }) => before + lineTotalMinor, 0);
  const totalMinor = countable(sum, currency);
  refuseOtherTotal(totalMinor, currency, wish.totalAmount);
  const pointer = wish.currency === undefined ? '' : '/currency';
  refuseUntakeable({ minor: totalMinor, currency, limits: wish.takes(currency), pointer });
  return { priced, totalMinor, currency, conversion };
}

function priceLines(products: Products, { items }: ItemsWish): PricedLine[] {
  const unknown = [...items].filter(([id]) => !products.has(id));
  if (unknown.length > 0)
    throw new Problem('unknown_product', `There is no product ${unknown.map(([id]) => id).join(', ')}.`, {
      errors: unknown.flatMap(([id, { pointers }]) =>
        pointers.map((pointer) => ({ pointer, detail: `no product ${id}` })),
      ),
    });
  return [...items].flatMap(([id, { quantity }]) => {
    const product = products.get(id);
    if (!product) return [];
    const { priceMinor: unitPriceMinor, currency } = product;
    const lineTotalMinor = countable(unitPriceMinor * quantity, currency);
    return [{ product, quantity, unitPriceMinor, lineTotalMinor, fxRate: null }];
  });
}

function linesOf(order: string, priced: readonly PricedLine[]): HeldLine[] {
  return priced.map(({ product, quantity, unitPriceMinor, lineTotalMinor, fxRate }, position) => ({
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
}

function refuseOtherTotal(totalMinor: number, currency: string, sent: number | undefined): void {
  if (sent === undefined || toMinor(sent, currency) === totalMinor) return;
  const total = toMajor(totalMinor, currency).toFixed(decimalsOf(currency));
  throw new Problem('total_mismatch', `The total is ${total} ${currency}.`, {
    errors: [{ pointer: '/total_amount', detail: `must be ${total}` }],
  });
}

function outOfStock({ product, quantity }: PricedLine, { items }: ItemsWish): Problem {
  return new Problem('out_of_stock', `Fewer than ${quantity} of '${product.title}' are left.`, {
    errors: (items.get(product.id)?.pointers ?? []).map((pointer) => ({ pointer, detail: 'too few are left' })),
  });
}

function isCounted({ stock }: Pick<ProductRow, 'stock'>): boolean {
  return stock !== null && stock !== undefined;
}

async function orProblem<T>(work: () => Promise<T>): Promise<T | Problem> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
}
