import { MikroORM } from '@mikro-orm/mysql';
import { afterAll, expect, test } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { ormOptions } from '../../src/entities/orm-options.ts';
import { ownData } from '../support/stores/servers.ts';

const opened: MikroORM[] = [];
afterAll(async () => {
  for (const orm of opened) {
    await orm.schema.dropDatabase();
    await orm.close(true);
  }
});

/** How many tables and foreign keys the migrations make. */
async function countsWith(SCHEMA_FOREIGN_KEYS: string) {
  const config = readConfig({ ...(await ownData()), SCHEMA_FOREIGN_KEYS });
  const orm = await MikroORM.init(ormOptions(config));
  opened.push(orm);
  await orm.schema.ensureDatabase();
  await orm.migrator.up();
  const count = async (what: string) => {
    const rows = await orm.em.fork().execute(`select count(*) as n from information_schema.${what}`, [config.MYSQL_DB]);
    return Number(rows[0]?.['n']);
  };
  return {
    tables: await count('tables where table_schema = ?'),
    keys: await count(`table_constraints where table_schema = ? and constraint_type = 'FOREIGN KEY'`),
    pending: (await orm.migrator.getPending()).length,
  };
}

test('SCHEMA_FOREIGN_KEYS=off makes the same schema without foreign keys', async () => {
  const [on, off] = [await countsWith('on'), await countsWith('off')];
  expect(on.keys).toBeGreaterThan(8);
  expect(off).toEqual({ ...on, keys: 0 });
});
