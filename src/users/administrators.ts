import { type EntityManager, LockMode } from '@mikro-orm/mysql';
import { User } from '../entities/user.entity.ts';
import { Problem } from '../errors.ts';

/**
 * Makes sure that someone administers when the user no longer does. It locks every administrator until the transaction
 * ends, so that two who demote each other at the same moment do not both succeed.
 * @throws Problem last_administrator when the user is the only one.
 */
export async function requireAnotherAdministrator(tx: EntityManager, userId: number): Promise<void> {
  const administrators = await tx.find(
    User,
    { role: 'admin' },
    { fields: ['id'], orderBy: { id: 'asc' }, lockMode: LockMode.PESSIMISTIC_WRITE, disableIdentityMap: true },
  );
  if (administrators.length === 1 && administrators[0]?.id === userId)
    throw new Problem('last_administrator', 'This is the only administrator; make another one first.');
}
