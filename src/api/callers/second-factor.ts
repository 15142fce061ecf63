import type { Context as HonoContext } from 'hono';
import { Problem } from '../../errors.ts';
import type { Principal } from './principal.ts';
import type { RouteEnv } from './route-env.ts';

/** What an administrator without a second factor may still do where one is required: get one, or leave. */
const enrolling: ReadonlySet<string> = new Set(['/auth/me', '/auth/logout', '/auth/mfa', '/auth/mfa/confirm']);

/** Whether a login is worth less than its role, because no second factor was shown. A key was made by who had shown one. */
export function lacksFactor(c: HonoContext<RouteEnv>, { ownerRole, isTwoFactor }: Principal): boolean {
  return c.get('ctx').config.ADMIN_MFA === 'required' && ownerRole === 'admin' && !isTwoFactor;
}

/** @throws Problem second_factor_missing */
export function refuseWithoutFactor(c: HonoContext<RouteEnv>, caller: Principal, path: string): void {
  if (enrolling.has(path) || !lacksFactor(c, caller)) return;
  throw new Problem(
    'second_factor_missing',
    'Administrators need a second factor here: POST /auth/mfa, or log in with a code.',
  );
}

/**
 * Does what needs the account's second factor: `work` takes the code and uses it in one transaction, or returns undefined. Wrong codes
 * are counted by account, from wherever they come: who gets this far knows the password. @throws Problem bad_code, too_many_requests
 */
export async function countCodes<T>(
  c: HonoContext<RouteEnv>,
  userId: number,
  work: () => Promise<T | undefined>,
): Promise<T> {
  const attempts = c.get('attempts')(`code ${userId}`, `code ${userId}`);
  await attempts.refuseTooManyAnywhere();
  const done = await work();
  if (done === undefined) {
    await attempts.noteFailure();
    throw new Problem('bad_code', 'The code is wrong, or has been used; wait for the next one.');
  }
  await attempts.forgive();
  return done;
}
