import { Migration } from '@mikro-orm/migrations';
import { MikroORM } from '@mikro-orm/mysql';
import { createConnection } from 'mysql2/promise';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { ormOptions } from '../../src/entities/orm-options.ts';
import { MigrationSteps } from '../../src/mysql/migration-steps.ts';
import { createDatabase } from '../support/stores/create-database.ts';
import { type OwnData, ownData } from '../support/stores/servers.ts';
import { until } from '../support/processes/process.ts';

class AddNotes extends Migration {
  override up(): void {
    this.addSql('alter table `refunds` add `note_of_a_test` int null');
    this.addSql('update `refunds` set `note_of_a_test` = 1');
    this.addSql('alter table `refunds` add `other_note_of_a_test` int null');
  }
}

const told: string[] = [];
let env: OwnData = {};
let orm: MikroORM;
beforeAll(async () => {
  env = await ownData();
  const config = readConfig(env);
  await (await createDatabase(config)).close(true);
  const options = ormOptions(config);
  const migrationsList = [{ name: 'AddNotes', class: AddNotes }];
  const logger = (line: string) => void told.push(line);
  orm = await MikroORM.init({ ...options, logger, migrations: { ...options.migrations, migrationsList } });
});
afterAll(async () => {
  await orm.schema.dropDatabase();
  await orm.close(true);
});

/** A client that has read every one of these tables in a transaction, and goes on to hold them. */
async function holdTables(...tables: readonly string[]) {
  const client = await connect();
  onTestFinished(() => client.destroy());
  await client.query('begin');
  for (const table of tables) await client.query(`select 1 from \`${table}\` limit 1`);
  return { letGo: () => client.end() };
}

function connect() {
  const { MYSQL_HOST: host = '', MYSQL_USER: user = '', MYSQL_PASSWORD: password = '', MYSQL_DB: database = '' } = env;
  return createConnection({ host, port: Number(env['MYSQL_PORT']), user, password, database });
}

const columnsOf = async (table: string) =>
  (await orm.em.fork().execute<{ Field: string }[]>(`show columns from \`${table}\``)).map(({ Field }) => Field);

it('a table that another session holds is waited for, and everybody else goes on to read it', async () => {
  const holder = await holdTables('refunds', 'mikro_orm_migrations');
  const migrating = orm.migrator.up('AddNotes');
  migrating.catch(() => {});
  await until('the wait is told', () => told.some((line) => line.includes("table 'refunds'")) || undefined);
  const reader = await connect();
  const [counted] = await reader.query('select count(*) as counted from `refunds`');
  expect(counted).toEqual([{ counted: 0 }]);
  await reader.end();
  await holder.letGo();
  expect((await migrating).map(({ name }) => name)).toEqual(['AddNotes']);
  expect(await columnsOf('refunds')).toEqual(expect.arrayContaining(['note_of_a_test', 'other_note_of_a_test']));
  // Whoever has the session next waits as long as any other.
  expect(
    await orm.em.fork().execute('select @@session.lock_wait_timeout = @@global.lock_wait_timeout as same'),
  ).toEqual([{ same: 1 }]);
});

it('a table that is held for too long ends it with what to do, and the next goes on where it has stopped', async () => {
  const client = await connect();
  const execute = async (sql: string, values?: unknown[]) => (await client.query(sql, values))[0];
  await execute('/* of the test */ set session lock_wait_timeout = 1');
  const steps = (longestMs: number) =>
    new MigrationSteps(execute, { migration: 'AddMore', method: 'up', tell: () => {}, longestMs });
  const statements = [
    'alter table `disputes` add `note_of_a_test` int null',
    'alter table `refunds` add `last_note_of_a_test` int null',
  ];
  const holder = await holdTables('refunds');
  await expect(steps(0).carryOut(statements)).rejects.toThrow(/AddMore has waited for the table 'refunds'.*`kill`/s);
  expect(await columnsOf('disputes')).toContain('note_of_a_test');
  await holder.letGo();
  await steps(0).carryOut(statements);
  expect(await columnsOf('refunds')).toContain('last_note_of_a_test');
  await client.end();
});
