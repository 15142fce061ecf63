import type { EntityManager, InferEntity } from '@mikro-orm/mysql';
import { Product } from '../entities/catalog.entity.ts';
import { Problem } from '../errors.ts';
import { decimalsOf, toMajor, toMinor } from '../money/money.ts';
import { type Selection, selectionOf, selectRows } from '../mysql/rows.ts';
import { type Conversion, convertLines, type PricedLine, type RateLimits } from './convert-lines.ts';
import { countable, refuseUntakeable, type Takes } from './takeable.ts';

/** What is ordered: quantities by product, each with the pointers to where the request named it. */
export type WishedItems = ReadonlyMap<number, Readonly<{ quantity: number; pointers: readonly string[] }>>;

/** Items as someone wishes them, and what they expect them to cost. */
export type PriceWish = Readonly<{
  items: WishedItems;
  totalAmount: number | undefined;
  /** It is refused when it costs more. */
  mostMinor?: number;
  currency: string | undefined;
  takes: Takes;
}> &
  RateLimits;

/** What is wished, at its prices. */
export type Priced = Readonly<{
  priced: readonly PricedLine[];
  totalMinor: number;
  currency: string;
  conversion: Conversion;
}>;

type ProductRow = InferEntity<typeof Product>;
/** Products by their ids. */
export type Products = ReadonlyMap<number, ProductRow>;

/** What the wishes name, as far as it is for sale. */
export async function productsOf(em: EntityManager, wishes: readonly Pick<PriceWish, 'items'>[]): Promise<Products> {
  return forSale(await selectRows(em, Product, 'id', idsOf(wishes)));
}

/** The same, to be asked together with more; undefined when they name nothing. */
export function productsNamed(
  em: EntityManager,
  wishes: readonly Pick<PriceWish, 'items'>[],
): Selection<ProductRow> | undefined {
  const values = idsOf(wishes);
  return values.length === 0 ? undefined : selectionOf(em, Product, { property: 'id', values });
}

/** Those of them that can be bought. */
export function forSale(found: readonly ProductRow[]): Products {
  return new Map(found.filter(({ deletedAt }) => !deletedAt).map((product) => [product.id, product]));
}

function idsOf(wishes: readonly Pick<PriceWish, 'items'>[]): readonly number[] {
  return [...new Set(wishes.flatMap(({ items }) => [...items.keys()]))];
}

/**
 * Prices a wish at this moment as an order of it would be, and holds nothing.
 * @throws Problem as {@link priceItems}, and out_of_stock.
 */
export async function previewItems(em: EntityManager, wish: PriceWish): Promise<Priced> {
  const one = await priceItems(em, await productsOf(em, [wish]), wish);
  const inOrder = one.priced.toSorted((a, b) => a.product.id - b.product.id);
  const short = inOrder.find(({ product, quantity }) => isCounted(product) && (product.stock ?? 0) < quantity);
  if (short) throw outOfStock(short, wish);
  return one;
}

/**
 * Prices a wish, of these products.
 * @throws Problem unknown_product, currency_required, currency_unavailable, fx_rate_unavailable, total_mismatch,
 * above_max_total or amount_not_chargeable.
 */
export async function priceItems(tx: EntityManager, products: Products, wish: PriceWish): Promise<Priced> {
  const {
    lines: priced,
    currency,
    conversion,
  } = await convertLines(tx, priceLines(products, wish), wish.currency, wish);
  const sum = priced.reduce((before, { lineTotalMinor }) => before + lineTotalMinor, 0);
  const totalMinor = countable(sum, currency);
  refuseOtherTotal(totalMinor, currency, wish.totalAmount);
  refuseAbove(totalMinor, currency, wish.mostMinor);
  const pointer = wish.currency === undefined ? '' : '/currency';
  refuseUntakeable({ minor: totalMinor, currency, limits: wish.takes(currency), pointer });
  return { priced, totalMinor, currency, conversion };
}

function priceLines(products: Products, { items }: PriceWish): PricedLine[] {
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

function refuseOtherTotal(totalMinor: number, currency: string, sent: number | undefined): void {
  if (sent === undefined || toMinor(sent, currency) === totalMinor) return;
  const total = toMajor(totalMinor, currency).toFixed(decimalsOf(currency));
  throw new Problem('total_mismatch', `The total is ${total} ${currency}.`, {
    errors: [{ pointer: '/total_amount', detail: `must be ${total}` }],
  });
}

function refuseAbove(totalMinor: number, currency: string, mostMinor: number | undefined): void {
  if (mostMinor === undefined || totalMinor <= mostMinor) return;
  const said = (minor: number) => toMajor(minor, currency).toFixed(decimalsOf(currency));
  throw new Problem('above_max_total', `The total is ${said(totalMinor)} ${currency}, more than ${said(mostMinor)}.`);
}

/** Too few of a line's product are left. */
export function outOfStock({ product, quantity }: PricedLine, { items }: Pick<PriceWish, 'items'>): Problem {
  return new Problem('out_of_stock', `Fewer than ${quantity} of '${product.title}' are left.`, {
    errors: (items.get(product.id)?.pointers ?? []).map((pointer) => ({ pointer, detail: 'too few are left' })),
  });
}

/** Whether its pieces are counted. */
export function isCounted({ stock }: Pick<ProductRow, 'stock'>): boolean {
  return stock !== null && stock !== undefined;
}
