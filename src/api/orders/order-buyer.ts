import type { Context } from '../../context.ts';
import { User } from '../../entities/accounts.entity.ts';
import { Problem } from '../../errors.ts';
import type { Principal } from '../callers/principal.ts';

/** Whom the order is for. @throws Problem when that is someone else, unless an administrator says so of a user there is. */
export async function buyerOf({ orm }: Context, { userId, role }: Principal, named = userId): Promise<number> {
  if (named === userId) return userId;
  if (role !== 'admin')
    throw new Problem('forbidden', 'Orders for someone else are for administrators; leave out user_id.');
  if ((await orm.em.fork().count(User, { id: named, deletedAt: null })) === 0)
    throw new Problem('invalid', `There is no user ${named}.`, {
      errors: [{ pointer: '/user_id', detail: `no user ${named}` }],
    });
  return named;
}
