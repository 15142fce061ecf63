import type { MigrateOptions, MigrationInfo, MikroORM, Transaction } from '@mikro-orm/core';
import { type Migration, MigrationRunner, MigrationStorage, Migrator as OneShotMigrator } from '@mikro-orm/migrations';
import { EntityManager } from '@mikro-orm/mysql';
import { CannotStart } from '../errors.ts';
import { MigrationSteps, refusalOf } from './migration-steps.ts';
import { tableWaitSeconds } from './when-free.ts';

// Of the session that carries the statements out: a server that still works at one whose client is gone holds it until it is done.
const lock = `left(concat('migrate ', database()), 64)`;
// A large table takes its time.
const longestWaitSeconds = 600;

/**
 * MikroORM's migrator, but that one at a time works at a database, and that the next one goes on wherever it was cut off. MikroORM
 * brings its own unless there is one of this name.
 */
export class Migrator extends OneShotMigrator {
  static override register(orm: MikroORM): void {
    orm.config.registerExtension('@mikro-orm/migrator', () => {
      if (!(orm.em instanceof EntityManager)) throw new TypeError('migrations are for servers of SQL');
      return new Migrator(orm.em);
    });
  }

  protected override createRunner(): ResumingRunner {
    return new ResumingRunner(this.driver, this.options, this.config);
  }

  protected override createStorage(): MigrationStorage {
    return new SharedStorage(this.driver, this.options);
  }

  protected override async runMigrations(
    method: 'up' | 'down',
    options?: string | string[] | MigrateOptions,
  ): Promise<MigrationInfo[]> {
    await this.init();
    const wanted = typeof options === 'string' || Array.isArray(options) ? { migrations: [options].flat() } : options;
    return this.driver.getConnection().transactional(async (transaction) => {
      const ask = (sql: string) => this.driver.execute<{ answer: unknown }[]>(sql, [], 'all', transaction);
      const [held] = await ask(`select get_lock(${lock}, ${longestWaitSeconds}) as answer`);
      if (Number(held?.answer) !== 1)
        throw new CannotStart(
          `Another process has migrated this database for ${longestWaitSeconds / 60} minutes; migrate again when it has ended.`,
        );
      try {
        await ask(`set session lock_wait_timeout = ${tableWaitSeconds}`);
        return await super.runMigrations(method, { ...wanted, transaction });
      } finally {
        await ask('set session lock_wait_timeout = default').catch(() => undefined);
        // A session that is gone holds nothing; why it is gone is what matters then.
        await ask(`select release_lock(${lock}) as answer`).catch(() => undefined);
      }
    });
  }
}

/** Carries out what of a migration has not been carried out, each statement with the note that it has been. */
class ResumingRunner extends MigrationRunner {
  #transaction: Transaction<object> | undefined;

  override setMasterMigration(transaction: Transaction<object>): void {
    this.#transaction = transaction;
  }

  override unsetMasterMigration(): void {
    this.#transaction = undefined;
  }

  override async run(
    migration: Migration,
    method: 'up' | 'down',
    afterRun?: (tx?: Transaction) => Promise<void>,
  ): Promise<void> {
    const transaction = this.#transaction;
    if (!transaction) throw new TypeError('a migration is run by its migrator alone');
    const execute = (sql: string, values?: unknown[]) => this.driver.execute(sql, values, 'all', transaction);
    migration.reset();
    migration.setTransactionContext(transaction);
    await migration[method]();
    const tell = (line: string) => this.config.getLogger().warn('migrator', line, { enabled: true });
    const steps = new MigrationSteps(execute, {
      migration: migration.name ?? migration.constructor.name,
      method,
      tell,
    });
    const schema = this.driver.getPlatform().getSchemaHelper();
    const { disableForeignKeys } = this.options;
    for (const sql of linesOf(schema?.getSchemaBeginning('utf8mb4', disableForeignKeys))) await execute(sql);
    await steps.carryOut(migration.getQueries().map(String));
    for (const sql of linesOf(schema?.getSchemaEnd(disableForeignKeys))) await execute(sql);
    await steps.finish(() => afterRun?.(transaction));
  }
}

const linesOf = (text = ''): readonly string[] => text.split('\n').filter((line) => line.trim() !== '');

/** MikroORM's list of what has been carried out, which two may make at the same time. */
class SharedStorage extends MigrationStorage {
  override async ensureTable(): Promise<void> {
    await super.ensureTable().catch((error: unknown) => {
      if (refusalOf(error) !== 'there already') throw error;
    });
  }
}
