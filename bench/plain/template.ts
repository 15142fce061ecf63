import type { Stores } from '../servers.ts';
import { places } from '../settings.ts';

/**
 * A row of an example: a table's columns and their values. Of a number that no two rows may share, `next` says which the first copy
 * gets; each after it gets the next.
 */
export type TemplateRow = Readonly<{
  table: string;
  values: Readonly<Record<string, string | number | null>>;
  next: Readonly<Record<string, number>>;
}>;

const plain = 'orderflow_plain';
const product = places.product.MYSQL_DB;

/** Where the same rows are written by plain SQL: tables as the product's, indexes included, without foreign keys. */
export const plainDatabase = plain;

/**
 * All rows that the product inserts while the work is done, those too that it deletes soon after; and tables for as many more like
 * them. Nothing of the schema is written down here, so that whatever accepting an order comes to write is compared with itself.
 */
export async function templateOf({ run }: Stores, work: () => Promise<void>): Promise<readonly TemplateRow[]> {
  await run(`drop database if exists ${plain}`);
  await run(`create database ${plain}`);
  const tables = (await run(`show full tables from ${product} where table_type = 'BASE TABLE'`)).map(firstOf);
  for (const table of tables) {
    const columns = (await run(`show columns from ${product}.\`${table}\``)).map(firstOf);
    for (const name of [table, `seen_${table}`])
      await run(`create table ${plain}.\`${name}\` like ${product}.\`${table}\``);
    const values = columns.map((column) => `new.\`${column}\``).join();
    const trigger = `create trigger ${product}.\`seen_${table}\` after insert on ${product}.\`${table}\``;
    await run(`${trigger} for each row insert ignore into ${plain}.\`seen_${table}\` values (${values})`);
  }
  try {
    await work();
  } finally {
    for (const table of tables) await run(`drop trigger ${product}.\`seen_${table}\``);
  }
  const rows = await Promise.all(tables.map((table) => rowsOf(run, table, `${plain}.\`seen_${table}\``)));
  return rows.flat();
}

/**
 * All rows that are stored because of one order: those that name it, and those that name what these name. Products, users and the
 * like have no such ids, and are left out.
 */
export async function storedRows({ run }: Stores, order: string): Promise<readonly TemplateRow[]> {
  const tables = (await run(`show full tables from ${product} where table_type = 'BASE TABLE'`)).map(firstOf);
  let ids = [order];
  for (;;) {
    const found = await Promise.all(
      tables.map(async (table) => {
        const columns = (await run(`show columns from ${product}.\`${table}\``)).map((row) => `\`${firstOf(row)}\``);
        return rowsOf(
          run,
          table,
          `${product}.\`${table}\` where concat_ws(' ', ${columns.join()}) regexp '${ids.join('|')}'`,
        );
      }),
    );
    const rows = found.flat();
    const named = new Set(JSON.stringify(rows).match(/[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}/g));
    if (named.size <= ids.length) return rows;
    ids = [...named];
  }
}

/** Without what the table numbers by itself. */
async function rowsOf(run: Stores['run'], table: string, from: string): Promise<readonly TemplateRow[]> {
  const columns = await run(`show columns from ${product}.\`${table}\` where extra <> 'auto_increment'`);
  const rows = await run(`select ${columns.map((row) => `\`${firstOf(row)}\``).join()} from ${from}`);
  const next: Record<string, number> = {};
  for (const name of columns.filter(isUniqueNumber).map(firstOf)) {
    const [last] = await run(`select max(\`${name}\`) as last from ${product}.\`${table}\``);
    next[name] = Number(last?.['last'] ?? 0) + 1;
  }
  return rows.map((row) => ({
    table,
    next,
    values: Object.fromEntries(Object.entries(row).map(([name, v]) => [name, valueOf(v)])),
  }));
}

function isUniqueNumber({ Key, Type }: Readonly<Record<string, unknown>>): boolean {
  return Key === 'UNI' && String(Type).includes('int');
}

function firstOf(row: Readonly<Record<string, unknown>>): string {
  return String(Object.values(row)[0]);
}

function valueOf(value: unknown): string | number | null {
  if (value === null || typeof value === 'number' || typeof value === 'string') return value;
  return Buffer.isBuffer(value) ? value.toString() : JSON.stringify(value);
}
