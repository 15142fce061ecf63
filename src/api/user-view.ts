import { z } from '@hono/zod-openapi';
import type { InferEntity } from '@mikro-orm/mysql';
import { roles, type User } from '../entities/user.entity.ts';

/** A user as the API shows one: never the password's hash. */
export const UserView = z
  .object({ id: z.int(), email: z.string(), name: z.string(), role: z.enum(roles), created_at: z.string() })
  .openapi('User');

type UserRow = Pick<InferEntity<typeof User>, 'id' | 'email' | 'name' | 'role' | 'createdAt'>;

/** The view of a row. */
export function userView({ id, email, name, role, createdAt }: UserRow): z.input<typeof UserView> {
  return { id, email, name, role, created_at: createdAt.toISOString() };
}
