import { ApiKey, Token, Verification } from '../../entities/accounts.entity.ts';
import { deleteBefore } from '../../mysql/delete-in-batches.ts';
import { definePrune } from '../define-prune.ts';

/** Deletes logins, API keys and links of mails that have expired. */
export const pruneTokens = definePrune(
  { kind: 'prune-tokens', summary: 'Delete expired logins, API keys and links of mails.' },
  ({ now }) => {
    // Compared with the next millisecond, because what expires now has expired.
    const before = new Date(now().getTime() + 1);
    const tables = [Token.meta.tableName, ApiKey.meta.tableName, Verification.meta.tableName];
    return tables.map((table) => deleteBefore(table, 'expires_at', before));
  },
);
