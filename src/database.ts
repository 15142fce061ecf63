import type { MikroORM } from '@mikro-orm/mysql';
import pRetry from 'p-retry';
import { within } from './deadline.ts';

/** Whether the schema is the one this code was written for. */
export async function isSchemaCurrent(orm: MikroORM): Promise<boolean> {
  return (await orm.migrator.getPending()).length === 0;
}

/**
 * Waits for MySQL, about 30 s at the most. With `mayCreate`, a missing database is created where the user is allowed to.
 * @throws the last connection error, when it has not come.
 */
export async function waitForDatabase(orm: MikroORM, { mayCreate = false } = {}): Promise<void> {
  const reach = async () => void (mayCreate ? await orm.schema.ensureDatabase() : await ping(orm));
  await pRetry(reach, { retries: 60, factor: 1, minTimeout: 500 });
}

/** Asks MySQL for an answer within a second. */
export async function ping(orm: MikroORM): Promise<void> {
  await within(1_000, 'MySQL', orm.em.fork().execute('select 1'));
}
