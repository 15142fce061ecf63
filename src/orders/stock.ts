import { type EntityManager, raw } from '@mikro-orm/mysql';
import { OrderLine } from '../entities/orders.entity.ts';
import { Product } from '../entities/catalog.entity.ts';

/**
 * Takes pieces out of a product's stock by one guarded UPDATE. False when fewer are left.
 * Whoever takes several products takes them in the order of their ids, so that two never wait for each other in a circle.
 */
export async function takeStock(tx: EntityManager, productId: number, quantity: number): Promise<boolean> {
  const stock = raw('stock - ?', [quantity]);
  return (await tx.nativeUpdate(Product, { id: productId, stock: { $gte: quantity } }, { stock })) > 0;
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
