import { MikroORM } from '@mikro-orm/mysql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { ormOptions } from '../../src/entities/orm-options.ts';
import { fillTables, schemaOf } from '../support/stores/schema-rows.ts';
import { startProcess, until } from '../support/processes/process.ts';
import { ownData } from '../support/stores/servers.ts';

const cut = 'cut off here';

/** A database whose migrator is cut off before the statement that `isCut` picks: what a kill leaves is what had been sent before. */
async function openDatabase(isCut: (sql: string) => boolean = () => false): Promise<MikroORM> {
  const onQuery = (sql: string) => {
    if (isCut(sql)) throw new Error(cut);
    return sql;
  };
  const orm = await MikroORM.init({ ...ormOptions(readConfig(await ownData())), onQuery });
  opened.push(orm);
  await orm.schema.ensureDatabase();
  return orm;
}
const opened: MikroORM[] = [];
afterAll(async () => {
  for (const orm of opened) {
    await orm.schema.dropDatabase();
    await orm.close(true);
  }
});

/** Kills the process that migrates once so many tables are there; then two come at once, one of them in this process. */
it('a process that is killed in the midst of it leaves the rest to the next, of two who come at once', async () => {
  const env = await ownData();
  const orm = await MikroORM.init(ormOptions(readConfig(env)));
  opened.push(orm);
  await orm.schema.ensureDatabase();
  const migrate = () => startProcess('src/commands/migrate.ts', [], env);
  const killed = migrate();
  const many = 3 + Math.floor(Math.random() * 25);
  await until(`${many} tables`, async () =>
    (await orm.em.fork().execute('show tables')).length >= many ? true : undefined,
  );
  process.kill(killed.pid, 'SIGKILL');
  await killed.ended;
  const next = migrate();
  await orm.migrator.up();
  expect(await next.ended, next.output()).toBe(0);
  expect(await pendingOf(orm)).toEqual([]);
  const whole = await openDatabase();
  await whole.migrator.up();
  expect(await schemaOf(orm), `killed at ${many} tables`).toEqual(await schemaOf(whole));
});

const pendingOf = async (orm: MikroORM) => (await orm.migrator.getPending()).map(({ name }) => name);
/** What changes something, and what makes it last; the table of notes is made at every run. */
const isStep = (sql: string) =>
  /^(create|alter|drop|insert|update|delete|replace|commit)\b/.test(sql) && !sql.includes('if not exists');

describe('a migration that is cut off before every statement it sends, again and again', () => {
  let [left, cuts, lastCut] = [Number.POSITIVE_INFINITY, 0, ''];
  let whole: MikroORM;
  let broken: MikroORM;
  beforeAll(async () => {
    whole = await openDatabase();
    broken = await openDatabase((sql) => {
      if (!isStep(sql)) return false;
      left -= 1;
      if (left !== -1) return false;
      cuts += 1;
      lastCut = sql;
      return true;
    });
  });

  /** Each run may send one step, the next two: to between note and statement, and to behind them. With a COMMIT there are three. */
  async function migrateByPieces(name: string): Promise<void> {
    for (let most = 1; ; most = (most % 3) + 1) {
      if (most === 3 && lastCut !== 'commit') most = 1;
      left = most;
      const before = cuts;
      await broken.migrator.up(name).catch((error: unknown) => {
        if (!(error instanceof Error) || error.message !== cut) throw error;
      });
      if (cuts === before) break;
    }
    left = Number.POSITIVE_INFINITY;
  }

  it('leaves the schema of one that was not', async () => {
    const all = await pendingOf(whole);
    expect(all.length).toBeGreaterThan(20);
    for (const [at, name] of all.entries()) {
      const earlier = 100 * at + 1;
      for (const orm of [whole, broken]) await fillTables(orm, earlier);
      await whole.migrator.up(name);
      await migrateByPieces(name);
      expect(await schemaOf(broken), name).toEqual(await schemaOf(whole));
    }
    // Two a statement, of which there are more than a hundred.
    expect(cuts).toBeGreaterThan(200);
    expect(await pendingOf(broken)).toEqual([]);
    expect(await broken.em.fork().execute('select * from `migration_steps`')).toEqual([]);
  });
});
