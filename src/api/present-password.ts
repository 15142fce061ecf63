import type { Context as HonoContext } from 'hono';
import { User } from '../entities/user.entity.ts';
import { Problem } from '../errors.ts';
import { isPassword } from '../passwords.ts';
import type { RouteEnv } from './define-route.ts';
import { principalOf } from './principal.ts';

/**
 * Makes sure that it is the caller who calls, and not somebody at their screen, and returns the hash that their password
 * fits: it must still be theirs when what they ask for is done. @throws Problem bad_credentials or too_many_requests
 */
export async function checkPresentPassword(c: HonoContext<RouteEnv>, password: string): Promise<string> {
  const { userId } = principalOf(c);
  const attempts = c.var.attempts(`user ${userId}`, c.var.limits.addressOf(c));
  await attempts.refuseTooManyAnywhere();
  const user = await c.var.ctx.orm.em.fork().findOne(User, { id: userId }, { disableIdentityMap: true });
  if (!(await isPassword(password, user?.passwordHash, attempts)) || !user) throw wrongPassword();
  return user.passwordHash;
}

/** The password is not, or no longer, the caller's. */
export function wrongPassword(): Problem {
  return new Problem('bad_credentials', 'The current password is another one.');
}
