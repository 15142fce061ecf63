import { z } from '@hono/zod-openapi';
import type { InferEntity } from '@mikro-orm/mysql';
import { roles, type User } from '../../entities/accounts.entity.ts';

/** A user as the API shows one: never the password's hash. */
export const UserView = z
  .object({
    id: z.int(),
    email: z.string(),
    name: z.string(),
    role: z.enum(roles),
    created_at: z.string(),
    email_confirmed_at: z.string().nullable(),
  })
  .openapi('User');

type UserRow = Pick<InferEntity<typeof User>, 'id' | 'email' | 'name' | 'role' | 'createdAt'> &
  Partial<Pick<InferEntity<typeof User>, 'emailConfirmedAt'>>;

/** A customer, as examples show one. */
export const exampleUser = {
  id: 3,
  email: 'ada@example.com',
  name: 'Ada Example',
  role: 'user' as const,
  created_at: '2026-11-22T10:00:00.000Z',
  email_confirmed_at: null,
};

/** The view of a row. */
export function userView({ id, email, name, role, createdAt, emailConfirmedAt }: UserRow): z.input<typeof UserView> {
  return {
    id,
    email,
    name,
    role,
    created_at: createdAt.toISOString(),
    email_confirmed_at: emailConfirmedAt?.toISOString() ?? null,
  };
}
