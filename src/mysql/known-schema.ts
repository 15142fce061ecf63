import { readdir } from 'node:fs/promises';
import type { Configuration } from '@mikro-orm/mysql';
import { escape, escapeId, type PoolConnection } from 'mysql2';
import { askRows } from './ask-rows.ts';

/**
 * How a server shows that its schema is at least the one that this code was written for: its list of migrations has the newest that
 * lies beside the code. A replica may be asked after the schema has been brought on the primary, and before that has come to it.
 */
export async function schemaCheckOf(config: Configuration): Promise<(connection: PoolConnection) => Promise<boolean>> {
  const { path = '', tableName = '' } = config.get('migrations');
  const names = (await readdir(path)).filter((name) => /^Migration\w+\.[jt]s$/.test(name)).toSorted();
  const newest = names.at(-1)?.replace(/\.[jt]s$/, '');
  if (newest === undefined) throw new TypeError(`there is no migration in ${path}`);
  const table = `${escapeId(config.get('dbName') ?? '')}.${escapeId(tableName)}`;
  const sql = `select 1 from ${table} where name = ${escape(newest)}`;
  return async (connection) => {
    const found = await askRows(connection, sql);
    return Array.isArray(found) && found.length > 0;
  };
}
