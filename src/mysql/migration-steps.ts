import { createHash } from 'node:crypto';
import { z } from 'zod';
import { CannotStart } from '../errors.ts';
import { numberOf } from './error-number.ts';
import { type Wanted, whenFree } from './when-free.ts';

type Execute = (sql: string, values?: unknown[]) => Promise<unknown>;
/** `tell` hears of each wait for a table. */
type Which = Readonly<{ method: 'up' | 'down' }> & Omit<Wanted, 'table'>;

const Notes = z.array(z.object({ step: z.coerce.number(), digest: z.string().nullable() }));
const Definitions = z.array(z.object({ 'Create Table': z.string() }));

/**
 * How many of a migration's statements have been carried out. A server commits what defines a table by itself, so that its note cannot be
 * of the same transaction: it is written before, with what the table was then. Whoever finds it looks at the table, which has been
 * defined anew as a whole or not at all. What changes rows is committed with its note.
 */
export class MigrationSteps {
  readonly #execute: Execute;
  readonly #which: Which;

  constructor(execute: Execute, which: Which) {
    this.#execute = execute;
    this.#which = which;
  }

  /** Carries out those of these statements that have not been carried out. */
  async carryOut(statements: readonly string[]): Promise<void> {
    const tables = statements.map(tableOf);
    for (let step = await this.#next(tables); step < statements.length; step += 1)
      await this.#do(step, statements[step] ?? '', tables[step]);
  }

  async #next(tables: readonly (string | undefined)[]): Promise<number> {
    await this.#execute(
      `create table if not exists \`migration_steps\` (\`migration\` varchar(191) not null, \`method\` varchar(4) not null,
       \`step\` int unsigned not null, \`digest\` char(64) null, primary key (\`migration\`, \`method\`))
       default character set utf8mb4 collate utf8mb4_bin engine = InnoDB`,
    );
    const { migration, method } = this.#which;
    const [note] = Notes.parse(
      await this.#execute('select `step`, `digest` from `migration_steps` where `migration` = ? and `method` = ?', [
        migration,
        method,
      ]),
    );
    if (!note) return 0;
    const table = tables[note.step];
    const isDone = note.digest !== null && table !== undefined && note.digest !== (await this.#digestOf(table));
    return isDone ? note.step + 1 : note.step;
  }

  async #do(step: number, sql: string, table: string | undefined): Promise<void> {
    const work = table === undefined ? () => this.#change(step, sql) : () => this.#define(step, sql, table);
    await whenFree(work, { ...this.#which, table });
  }

  async #change(step: number, sql: string): Promise<void> {
    await this.#execute('begin');
    try {
      await this.#execute(sql);
      await this.#note(step + 1, null);
    } catch (error) {
      // Whether a statement that was refused has taken the transaction with it is a setting of the server.
      await this.#execute('rollback').catch(() => undefined);
      throw error;
    }
    await this.#execute('commit');
  }

  /** @throws CannotStart when what it would make is there, and it is not this migration that has made it. */
  async #define(step: number, sql: string, table: string): Promise<void> {
    // Committed by the server before it carries out the statement, whether a transaction is open or not.
    await this.#note(step, await this.#digestOf(table));
    await this.#execute(sql).catch((error: unknown) => {
      const refusal = refusalOf(error);
      throw refusal ? new CannotStart(this.#remedy(step, sql, refusal), { cause: error }) : error;
    });
  }

  /** Forgets the notes in the transaction in which the migration is listed as done. */
  async finish(list: () => Promise<void> | undefined): Promise<void> {
    const { migration, method } = this.#which;
    await this.#execute('begin');
    await list();
    await this.#execute('delete from `migration_steps` where `migration` = ? and `method` = ?', [migration, method]);
    await this.#execute('commit');
  }

  async #note(step: number, digest: string | null): Promise<void> {
    const { migration, method } = this.#which;
    await this.#execute(
      'replace into `migration_steps` (`migration`, `method`, `step`, `digest`) values (?, ?, ?, ?)',
      [migration, method, step, digest],
    );
  }

  /** Of the table as the server would make it again, without the number that its next row is given: people go on buying. */
  async #digestOf(table: string): Promise<string> {
    const shown = this.#execute(`show create table \`${table}\``).catch((error: unknown) => {
      if (numberOf(error) === noSuchTable) return [];
      throw error;
    });
    const [row] = Definitions.parse(await shown);
    return createHash('sha256')
      .update((row?.['Create Table'] ?? '').replace(/ AUTO_INCREMENT=\d+/, ''))
      .digest('hex');
  }

  #remedy(step: number, sql: string, refusal: string): string {
    return (
      `${this.#which.migration} finds what its statement ${step + 1} is about ${refusal} (${sql.slice(0, 120)}). A run of a release ` +
      'that kept no count of its statements was cut off in it: restore the backup and migrate again, or drop the database if nothing ' +
      'is in it. See docs/upgrading.md.'
    );
  }
}

/** The table that a statement defines, undefined when it changes rows. @throws TypeError when it does something else. */
function tableOf(sql: string): string | undefined {
  if (/^(insert|update|delete|replace)\b/i.test(sql)) return undefined;
  const [, table] =
    /^(?:(?:create|alter) table|drop table(?=[^,]*$)) (?:if (?:not )?exists )?`?(\w+)`?/i.exec(sql) ?? [];
  if (table === undefined)
    throw new TypeError(`a migration defines one table at a time, or changes rows: ${sql.slice(0, 120)}`);
  return table;
}

const noSuchTable = 1146;
const thereAlready = new Set([1050, 1060, 1061, 1022, 1068, 1826]);
const goneAlready = new Set([1051, 1054, 1091, noSuchTable]);

/** How the server says that a statement has been carried out before. */
export function refusalOf(error: unknown): 'there already' | 'gone already' | undefined {
  // InnoDB's own number, of a foreign key: MariaDB tells it within another.
  if (thereAlready.has(numberOf(error)) || /errno: 121\b/.test(String(error))) return 'there already';
  return goneAlready.has(numberOf(error)) ? 'gone already' : undefined;
}
