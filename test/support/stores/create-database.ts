import { MikroORM } from '@mikro-orm/mysql';
import { seedDemo } from '../../../src/accounts/seed.ts';
import type { Config } from '../../../src/config.ts';
import { ormOptions } from '../../../src/entities/orm-options.ts';
import { type Dump, dumpDatabase, restoreDatabase } from './dump.ts';

// Files share what they import: the first database of a test process is made by the migrations, and the others are copies of it.
const made = new Map<string, Promise<Dump>>();

/** Creates the database that the configuration names, with its schema and the demo data. */
export async function createDatabase(config: Config): Promise<MikroORM> {
  if (!isShared(config)) return migrateDatabase(config);
  const { MYSQL_HOST, MYSQL_PORT, MYSQL_USER, MYSQL_PASSWORD, MYSQL_DB } = config;
  const server = { MYSQL_HOST, MYSQL_PORT: String(MYSQL_PORT), MYSQL_USER, MYSQL_PASSWORD, MYSQL_DB };
  const likeness = JSON.stringify([config.ADMIN_EMAIL, config.ADMIN_PASSWORD, config.SCHEMA_FOREIGN_KEYS]);
  const known = made.get(likeness);
  if (known) {
    const orm = await MikroORM.init(ormOptions(config));
    // Several of a test's processes may have one database.
    await orm.schema.ensureDatabase();
    const tables = await orm.em.execute('/* of the test */ show tables');
    if (tables.length === 0) await restoreDatabase(server, MYSQL_DB, await known);
    return orm;
  }
  const making = migrateDatabase(config);
  const dumping = making.then(() => dumpDatabase(server));
  made.set(likeness, dumping);
  await dumping;
  return making;
}

/** As {@link createDatabase}, by the migrations in any case. */
export async function migrateDatabase(config: Config): Promise<MikroORM> {
  const orm = await MikroORM.init(ormOptions(config));
  await orm.schema.ensureDatabase();
  await orm.migrator.up();
  await seedDemo(orm.em.fork(), config);
  return orm;
}

/** Whether it is on the server that all files share, and not behind a proxy or on one that a test maltreats. */
function isShared({ MYSQL_HOST, MYSQL_PORT, MYSQL_SSL_CA }: Config): boolean {
  const { TEST_MYSQL_HOST, TEST_MYSQL_PORT } = process.env;
  return MYSQL_HOST === TEST_MYSQL_HOST && String(MYSQL_PORT) === TEST_MYSQL_PORT && MYSQL_SSL_CA === undefined;
}
