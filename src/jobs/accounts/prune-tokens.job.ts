import { ApiKey, Token } from '../../entities/accounts.entity.ts';
import { deleteBefore } from '../../mysql/delete-in-batches.ts';
import { definePrune } from '../define-prune.ts';

/** Deletes logins and API keys that have expired. */
export const pruneTokens = definePrune(
  { kind: 'prune-tokens', summary: 'Delete expired logins and API keys.' },
  ({ em, now }) => {
    // Compared with the next millisecond, because what expires now has expired.
    const before = new Date(now().getTime() + 1);
    const tables = [em.getMetadata(Token).tableName, em.getMetadata(ApiKey).tableName];
    return tables.map((table) => deleteBefore(table, 'expires_at', before));
  },
);
