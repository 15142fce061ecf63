import type { MikroORM } from '@mikro-orm/mysql';
import { z } from 'zod';

const Columns = z.array(
  z.object({
    tableName: z.string(),
    columnName: z.string(),
    dataType: z.string(),
    columnType: z.string(),
    isNullable: z.enum(['YES', 'NO']),
    length: z.coerce.number().nullable(),
    extra: z.string(),
    isPrimary: z.coerce.boolean(),
  }),
);
type Column = z.output<typeof Columns>[number];

const columnsSql = `select table_name as tableName, column_name as columnName, data_type as dataType, column_type as columnType,
  is_nullable as isNullable, character_maximum_length as length, extra as extra, column_key = 'PRI' as isPrimary
  from information_schema.columns
  where table_schema = database() and table_name not in ('mikro_orm_migrations', 'migration_steps') order by table_name, column_name`;

/** How the tables are made, but for the order of their columns and for what the migrations note of themselves. */
export async function schemaOf(orm: MikroORM): Promise<unknown> {
  const own = "table_schema = database() and table_name not in ('mikro_orm_migrations', 'migration_steps')";
  const [columns, indexes, constraints] = await Promise.all([
    orm.em.fork().execute<unknown[]>(
      `select table_name as t, column_name as c, column_type, is_nullable, column_default, extra, collation_name
       from information_schema.columns where ${own} order by t, c`,
    ),
    orm.em.fork().execute<unknown[]>(
      `select table_name as t, index_name as i, seq_in_index as s, column_name, non_unique
       from information_schema.statistics where ${own} order by t, i, s`,
    ),
    orm.em.fork().execute<unknown[]>(
      `select table_name as t, constraint_name as c, column_name as n, referenced_table_name, referenced_column_name
       from information_schema.key_column_usage where ${own} order by t, c, n`,
    ),
  ]);
  return { columns, indexes, constraints };
}

/**
 * Puts two rows into every table, whatever its columns are: one that fills all of them, one with nulls where they may be.
 * Their keys are `number` and the one after it, so that rows refer to each other.
 */
export async function fillTables(orm: MikroORM, number: number): Promise<void> {
  const byTable = Map.groupBy(Columns.parse(await orm.em.fork().execute(columnsSql)), ({ tableName }) => tableName);
  await orm.em.fork().transactional(async (em) => {
    await em.execute('set foreign_key_checks = 0');
    for (const [table, all] of byTable) {
      const columns = all.filter(({ extra }) => !/generated/i.test(extra));
      const names = columns.map(({ columnName }) => `\`${columnName}\``).join(', ');
      for (const [key, isSparse] of [
        [number, false],
        [number + 1, true],
      ] as const) {
        const values = columns.map((column) => (isSparse && column.isNullable === 'YES' ? null : valueOf(column, key)));
        await em.execute(`insert into \`${table}\` (${names}) values (${values.map(() => '?').join(', ')})`, values);
      }
    }
    await em.execute('set foreign_key_checks = 1');
  });
}

/** Deletes the rows that `fillTables` has made with these numbers. */
export async function emptyTables(orm: MikroORM, numbers: readonly number[]): Promise<void> {
  await orm.em.fork().transactional(async (em) => {
    await em.execute('set foreign_key_checks = 0');
    for (const [table, columns] of Map.groupBy(
      Columns.parse(await em.execute(columnsSql)),
      ({ tableName }) => tableName,
    )) {
      const by = columns.find(({ isPrimary }) => isPrimary)?.columnName;
      await em.execute(
        `delete from \`${table}\` where \`${by}\` in (${numbers.map(() => '?').join(', ')})`,
        numbers.map(String),
      );
    }
    await em.execute('set foreign_key_checks = 1');
  });
}

/** What the columns of a schema hold in the rows that `fillTables` has made with these numbers, by table. */
export async function rowsOf(orm: MikroORM, numbers: readonly number[]): Promise<ReadonlyMap<string, unknown>> {
  const byTable = Map.groupBy(Columns.parse(await orm.em.fork().execute(columnsSql)), ({ tableName }) => tableName);
  const rows = new Map<string, unknown>();
  for (const [table, columns] of byTable) {
    const by = columns.find(({ isPrimary }) => isPrimary)?.columnName;
    const names = columns.map(({ columnName }) => `\`${columnName}\``).join(', ');
    rows.set(
      table,
      await orm.em
        .fork()
        .execute<unknown[]>(
          `select ${names} from \`${table}\` where \`${by}\` in (${numbers.map(() => '?').join(', ')}) order by \`${by}\``,
          numbers.map(String),
        ),
    );
  }
  return rows;
}

/** A value that the column takes: the last of an enumeration and a text of the largest kind, where there is one. */
function valueOf({ dataType, columnType, length }: Column, key: number): string | number {
  if (dataType === 'enum') return /'([^']*)'\)$/.exec(columnType)?.[1] ?? '';
  if (dataType === 'datetime' || dataType === 'timestamp') return '2026-11-22 10:00:00.000';
  if (dataType === 'date') return '2026-11-22';
  // MariaDB keeps JSON as longtext, and takes nothing else there.
  if (dataType === 'json' || dataType === 'longtext') return '{}';
  if (dataType === 'mediumtext') return String(key).padEnd(70_000, 'x');
  const [, digits = '0', decimals = '0'] = /^(?:decimal|numeric)\((\d+),(\d+)\)/.exec(columnType) ?? [];
  if (digits !== '0') return key % 10 ** (Number(digits) - Number(decimals));
  if (dataType.includes('int')) return columnType.startsWith('tinyint') ? 1 : key;
  return String(key).slice(0, length ?? 36);
}
