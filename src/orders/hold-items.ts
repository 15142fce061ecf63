import type { EntityManager } from '@mikro-orm/mysql';
import { Problem } from '../errors.ts';
import { toMajor } from '../money/money.ts';
import type { Conversion, PricedLine } from './convert-lines.ts';
import {
  isCounted,
  outOfStock,
  type Priced,
  type PriceWish,
  priceItems,
  type Products,
  productsOf,
} from './price-items.ts';
import { takeStock } from './stock.ts';

/** Items for the order of this id, as someone wishes them. */
export type ItemsWish = PriceWish & Readonly<{ order: string }>;

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

/**
 * Prices what is wished at this moment and takes its stock, in the order of the wishes; nothing else is stored yet. A wish
 * that cannot be met is a Problem of its own: unknown_product, currency_required, currency_unavailable,
 * fx_rate_unavailable, total_mismatch, amount_not_chargeable or out_of_stock. The products may have been asked for already.
 */
export async function holdItems(
  tx: EntityManager,
  wishes: readonly ItemsWish[],
  asked?: Products,
): Promise<readonly (HeldItems | Problem)[]> {
  const products = asked ?? (await productsOf(tx, wishes));
  const known: Readonly<{ wish: ItemsWish; one: Priced | Problem }>[] = [];
  for (const wish of wishes) known.push({ wish, one: await orProblem(() => priceItems(tx, products, wish)) });
  // Who was counted when it was read may not be any more once it is locked.
  const { short, counted } = await takeStock(
    tx,
    known.map(({ one }) => (one instanceof Problem ? [] : one.priced.filter(({ product }) => isCounted(product)))),
  );
  return known.map(({ wish, one }, index) => {
    if (one instanceof Problem) return one;
    const missing = short[index];
    return missing ? outOfStock(missing, wish) : { ...one, lines: linesOf(wish.order, one.priced, counted) };
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

function linesOf(order: string, priced: readonly PricedLine[], counted: ReadonlySet<number>): HeldLine[] {
  return priced.map(({ product, quantity, unitPriceMinor, lineTotalMinor, fxRate }, position) => ({
    order,
    position,
    productId: product.id,
    title: product.title,
    quantity,
    held: counted.has(product.id) ? quantity : 0,
    unitPriceMinor,
    lineTotalMinor,
    fxRate,
  }));
}

async function orProblem<T>(work: () => Promise<T>): Promise<T | Problem> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
}
