import type { Context } from '../../context.ts';
import { User } from '../../entities/accounts.entity.ts';
import { Problem } from '../../errors.ts';
import type { Principal } from '../callers/principal.ts';

/** Whom the order is for. @throws Problem forbidden when that is someone else, unless an administrator says so. */
export function buyerOf({ userId, role }: Principal, named = userId): number {
  if (named !== userId && role !== 'admin')
    throw new Problem('forbidden', 'Orders for someone else are for administrators; leave out user_id.');
  return named;
}

/** @throws Problem invalid when someone else, for whom the order is, is not there. */
export async function requireBuyer({ orm }: Context, { userId }: Principal, buyerId: number): Promise<void> {
  if (buyerId === userId) return;
  if ((await orm.em.fork().count(User, { id: buyerId, deletedAt: null })) === 0)
    throw new Problem('invalid', `There is no user ${buyerId}.`, {
      errors: [{ pointer: '/user_id', detail: `no user ${buyerId}` }],
    });
}
