import { Token } from '../../entities/accounts.entity.ts';
import { deleteBefore } from '../../mysql/delete-in-batches.ts';
import { definePrune } from '../define-prune.ts';

/** Deletes logins that have expired. */
export const pruneTokens = definePrune({ kind: 'prune-tokens', summary: 'Delete expired logins.' }, ({ em, now }) => {
  // Compared with the next millisecond, because what expires now has expired.
  const before = new Date(now().getTime() + 1);
  return [deleteBefore(em.getMetadata(Token).tableName, 'expires_at', before)];
});
