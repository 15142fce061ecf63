import { z } from '@hono/zod-openapi';
import { UniqueConstraintViolationException } from '@mikro-orm/mysql';
import { Problem } from '../errors.ts';

/** An e-mail address, lower case: one account each, however it is written. */
export const Email = z.email().max(254).toLowerCase();

/** A password somebody chooses. */
export const NewPassword = z.string().min(8).max(1_024);

/** What somebody wants to be called. */
export const PersonName = z.string().trim().min(1).max(200);

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
