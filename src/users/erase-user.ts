import { randomUUID } from 'node:crypto';
import type { EntityManager } from '@mikro-orm/mysql';
import { Token } from '../entities/token.entity.ts';
import { User } from '../entities/user.entity.ts';

/** Who is to be erased, when, and the hash of a password that nobody knows. */
export type Erasure = Readonly<{ userId: number; unknownPasswordHash: string; at: Date }>;

/**
 * Takes everything personal out of a user's row and ends their logins; their orders stay, and belong to nobody known.
 * The e-mail address is free for a new account afterwards.
 */
export async function eraseUser(tx: EntityManager, { userId, unknownPasswordHash, at }: Erasure): Promise<void> {
  await tx.nativeUpdate(
    User,
    { id: userId },
    {
      email: `deleted-${randomUUID()}@deleted.invalid`,
      name: 'Deleted user',
      role: 'user',
      passwordHash: unknownPasswordHash,
      deletedAt: at,
    },
  );
  await tx.nativeDelete(Token, { user: userId });
}
