import type { PoolConnection } from 'mysql2';
import { z } from 'zod';
import { askRows } from './ask-rows.ts';

const Pairs = z.array(z.object({ Variable_name: z.string(), Value: z.string() }));
const CutOff = z.tuple([z.object({ is_cut_off: z.coerce.number() })]);

/**
 * Whether a server takes writes, by what it says of itself: it is not read-only, ready if it is one of a Galera cluster, and not cut off
 * from most of its group if it has one.
 */
export async function isWritable(connection: PoolConnection): Promise<boolean> {
  const names = ['read_only', 'super_read_only', 'offline_mode', 'wsrep_on', 'group_replication_group_name'];
  const variables = await pairs(connection, `show global variables where variable_name in ('${names.join("', '")}')`);
  if (['read_only', 'super_read_only', 'offline_mode'].some((name) => isOn(variables.get(name)))) return false;
  if (isOn(variables.get('wsrep_on')))
    return isOn((await pairs(connection, `show global status where variable_name = 'wsrep_ready'`)).get('wsrep_ready'));
  return !variables.get('group_replication_group_name') || !(await isCutOff(connection));
}

/** Whether it answers at all. */
export async function isThere(connection: PoolConnection): Promise<boolean> {
  await askRows(connection, 'select 1');
  return true;
}

/** A primary without a majority says that it may write, and never finishes a COMMIT. */
async function isCutOff(connection: PoolConnection): Promise<boolean> {
  const sql = `select coalesce(sum(member_state = 'UNREACHABLE') * 2 >= count(*), 0) as is_cut_off
    from performance_schema.replication_group_members`;
  // Not every login may look there; then it has to show by what the server does.
  const found = await askRows(connection, sql).catch(() => [{ is_cut_off: 0 }]);
  return CutOff.parse(found)[0].is_cut_off === 1;
}

async function pairs(connection: PoolConnection, sql: string): Promise<ReadonlyMap<string, string>> {
  const found = Pairs.parse(await askRows(connection, sql));
  return new Map(found.map(({ Variable_name, Value }) => [Variable_name, Value]));
}

/** Newer servers know further words for a server that is more read-only than ON. */
function isOn(value = 'OFF'): boolean {
  return value !== 'OFF' && value !== '0' && value !== '';
}
