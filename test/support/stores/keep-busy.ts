import { randomUUID } from 'node:crypto';
import type { EntityManager } from '@mikro-orm/mysql';
import { createConnection } from 'mysql2/promise';

/** A server of MySQL, as the product's environment names it. */
type Server = Readonly<{ host: string; port: number; user: string; password: string }>;

/** Keeps all twenty connections of a pool to this server busy until it is told to let them go; that resolves when they are free. */
export async function keepBusy(server: Server, em: () => EntityManager): Promise<() => Promise<void>> {
  const lock = randomUUID();
  const holder = await createConnection(server);
  await holder.query('/* of the test */ select get_lock(?, 60)', [lock]);
  const sql = '/* of the test */ select get_lock(?, 60), release_lock(?)';
  const busy = Array.from({ length: 20 }, () => em().execute(sql, [lock, lock]));
  return async () => {
    await holder.end();
    await Promise.all(busy);
  };
}
