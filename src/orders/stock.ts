import { type EntityManager, raw } from '@mikro-orm/mysql';
import { OrderLine } from '../entities/orders.entity.ts';
import { Product } from '../entities/catalog.entity.ts';
import { selectRows, updateEach } from '../mysql/rows.ts';
import { isCounted } from './price-items.ts';

/** Pieces of a product. */
type Pieces = Readonly<{ product: Readonly<{ id: number }>; quantity: number }>;

/**
 * Takes pieces out of stock, wish by wish: all of a wish or nothing of it. Returns for each wish the first piece of which
 * too few are left, if there is one, and which products are counted once they are locked: of others there is always enough,
 * and nothing is taken. The products are locked in the order of their ids, so that two who only take never wait for each other
 * in a circle. Two changes of orders can, because each gives back before it takes: MySQL then ends one of the transactions,
 * and it runs again.
 */
export async function takeStock<T extends Pieces>(
  tx: EntityManager,
  wishes: readonly (readonly T[])[],
): Promise<Readonly<{ short: readonly (T | undefined)[]; counted: ReadonlySet<number> }>> {
  const ids = new Set(wishes.flat().map(({ product }) => product.id));
  const rows = await selectRows(tx, Product, 'id', [...ids], { lock: true });
  const left = new Map(rows.map((row) => [row.id, isCounted(row) ? (row.stock ?? 0) : Infinity]));
  const short = wishes.map((pieces) => {
    const inOrder = pieces.toSorted((one, other) => one.product.id - other.product.id);
    const missing = inOrder.find(({ product, quantity }) => (left.get(product.id) ?? 0) < quantity);
    if (!missing)
      for (const { product, quantity } of pieces) left.set(product.id, (left.get(product.id) ?? 0) - quantity);
    return missing;
  });
  const counted = rows.filter(isCounted);
  const changed = counted.filter(({ id, stock }) => left.get(id) !== stock);
  await updateEach(
    tx,
    Product,
    changed.map(({ id }) => ({ id, set: { stock: left.get(id) ?? 0 } })),
  );
  return { short, counted: new Set(counted.map(({ id }) => id)) };
}

/** Gives back what an order's lines hold. The caller has moved the order, or locked it, so that it happens once. */
export async function giveBackStock(tx: EntityManager, orderId: string): Promise<void> {
  const held = await tx.find(
    OrderLine,
    { order: orderId, held: { $gt: 0 } },
    { orderBy: { productId: 'asc' }, disableIdentityMap: true },
  );
  for (const { productId, held: quantity } of held)
    await tx.nativeUpdate(Product, { id: productId, stock: { $ne: null } }, { stock: raw('stock + ?', [quantity]) });
  if (held.length > 0) await tx.nativeUpdate(OrderLine, { order: orderId }, { held: 0 });
}
