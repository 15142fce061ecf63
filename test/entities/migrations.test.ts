import { readFileSync } from 'node:fs';
import { MikroORM } from '@mikro-orm/mysql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { User } from '../../src/entities/accounts.entity.ts';
import { ormOptions } from '../../src/entities/orm-options.ts';
import { emptyTables, fillTables, rowsOf, schemaOf } from '../support/stores/schema-rows.ts';
import { ownData } from '../support/stores/servers.ts';
import { createDatabase, migrateDatabase } from '../support/stores/create-database.ts';

const readSnapshot = () => readFileSync('migrations/.snapshot.json', 'utf8');
const before = readSnapshot();

describe('the migrations', () => {
  let orm: MikroORM;
  beforeAll(async () => {
    orm = await migrateDatabase(readConfig(await ownData()));
  });
  afterAll(async () => {
    await orm.schema.dropDatabase();
    await orm.close(true);
  });

  it('make the tables that the entities say', async () => {
    expect(await orm.migrator.checkSchema()).toBe(false);
    expect(await orm.schema.getUpdateSchemaSQL()).not.toMatch(
      /create table|add column|drop column|add (unique )?index/,
    );
  });

  it('make the tables that a copy for a test has', async () => {
    // Whatever has run before in this process, the second one is a copy.
    const copies = [
      await createDatabase(readConfig(await ownData())),
      await createDatabase(readConfig(await ownData())),
    ];
    for (const copy of copies) {
      expect(await schemaOf(copy)).toEqual(await schemaOf(orm));
      expect(await copy.migrator.getExecuted()).toHaveLength((await orm.migrator.getExecuted()).length);
      expect(await copy.em.fork().findAll(User, { orderBy: { id: 'asc' } })).toMatchObject([
        { role: 'user' },
        { role: 'admin' },
      ]);
      await copy.schema.dropDatabase();
      await copy.close(true);
    }
  });

  it('change no file of the repository when they run, whatever the server says of itself', () => {
    expect(readSnapshot()).toBe(before);
  });
});

const refusalOf = (going: Promise<unknown>): Promise<string | undefined> =>
  going.then(
    () => undefined,
    (error: unknown) => String(error),
  );

describe('a database full of rows', () => {
  let orm: MikroORM;
  beforeAll(async () => {
    orm = await MikroORM.init(ormOptions(readConfig(await ownData())));
    await orm.schema.ensureDatabase();
  });
  afterAll(async () => {
    await orm.schema.dropDatabase();
    await orm.close(true);
  });

  it('goes up, down and up again by every migration, and is then what it was, or is told why it cannot', async () => {
    const all = (await orm.migrator.getPending()).map(({ name }) => name);
    expect(all.length).toBeGreaterThan(1);
    for (const [at, name] of all.entries()) {
      // A hundred apart, so that what came before has other keys.
      const [earlier, later] = [100 * at + 1, 100 * at + 51];
      await fillTables(orm, earlier);
      const [schema, rows] = [await schemaOf(orm), await rowsOf(orm, [earlier, earlier + 1])];
      await orm.migrator.up(name);
      const newSchema = await schemaOf(orm);
      await fillTables(orm, later);

      const refusalNow = await refusalOf(orm.migrator.down(name));
      const isForNow = /cannot be undone while .{20,}/.test(refusalNow ?? '');
      // What has been stored since stands in the way.
      if (isForNow) await emptyTables(orm, [later, later + 1]);
      const refusal = isForNow ? await refusalOf(orm.migrator.down(name)) : refusalNow;
      if (refusal === undefined) {
        expect(await schemaOf(orm), `${name}: down`).toEqual(schema);
        expect(await rowsOf(orm, [earlier, earlier + 1]), `${name}: down`).toEqual(rows);
        await orm.migrator.up(name);
      } else expect(refusal, name).toMatch(/cannot be undone: .{20,}/);
      expect(await schemaOf(orm), `${name}: up again`).toEqual(newSchema);
    }
  });
});
