import { z } from '@hono/zod-openapi';
import { UniqueConstraintViolationException } from '@mikro-orm/mysql';
import { Problem } from '../../errors.ts';
import type { Context as HonoContext } from 'hono';
import { User } from '../../entities/accounts.entity.ts';
import type { RouteEnv } from './route-env.ts';
import { principalOf } from './principal.ts';

/** An e-mail address, lower case: one account each, however it is written. */
export const Email = z.email().max(254).toLowerCase();

/** A password somebody chooses. */
export const NewPassword = z.string().min(8).max(1_024);

const beyondOneLine = /[\p{Cc}\u2028\u2029]/u;

/** What somebody wants to be called: in one line, for names stand in mails and lists. */
export const PersonName = z
  .string()
  .trim()
  .min(1)
  .max(200)
  .refine((name) => !beyondOneLine.test(name), 'must have no control characters or line breaks');

/** Does what stores a user. @throws Problem email_taken when another account has the address. */
export async function storeUser<T>(storing: Promise<T>): Promise<T> {
  return storing.catch((error: unknown) => {
    if (!(error instanceof UniqueConstraintViolationException)) throw error;
    throw new Problem('email_taken', 'Another account has this e-mail address.', {
      cause: error,
      errors: [{ pointer: '/email', detail: 'is taken' }],
    });
  });
}

/**
 * Makes sure that it is the caller who calls, and not somebody at their screen, and returns the hash that their password
 * fits: it must still be theirs when what they ask for is done. @throws Problem bad_credentials or too_many_requests
 */
export async function checkPresentPassword(c: HonoContext<RouteEnv>, password: string): Promise<string> {
  const { userId } = principalOf(c);
  const attempts = c.get('attempts')(`user ${userId}`, c.get('limits').addressOf(c));
  await attempts.refuseTooManyAnywhere();
  const user = await c.get('ctx').orm.em.fork().findOne(User, { id: userId }, { disableIdentityMap: true });
  if (!(await c.get('passwords').fits(password, user?.passwordHash, attempts)) || !user) throw wrongPassword();
  return user.passwordHash;
}

const freshMs = 10 * 60_000;

/**
 * Makes sure that somebody has just logged in: whoever finds a screen that was left, or a token that was lost, gets no further.
 * @throws Problem fresh_login_required
 */
export function requireFreshLogin(c: HonoContext<RouteEnv>): void {
  const { loggedInAt } = principalOf(c);
  if (loggedInAt && c.get('ctx').now().getTime() - loggedInAt.getTime() < freshMs) return;
  throw new Problem('fresh_login_required', 'This needs a login of the last ten minutes; log in once more.');
}

/** The password is not, or no longer, the caller's. */
export function wrongPassword(): Problem {
  return new Problem('bad_credentials', 'The current password is another one.');
}
