import type { Stores } from '../servers.ts';

/** A row that accepting one order writes: a table's columns, and the values of the example. */
export type TemplateRow = Readonly<{ table: string; values: Readonly<Record<string, string | number | null>> }>;

const plain = 'orderflow_plain';
const product = 'orderflow_product';

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
  const rows = await Promise.all(tables.map((table) => rowsOf(run, table)));
  return rows.flat();
}

/** Without what the table numbers by itself. */
async function rowsOf(run: Stores['run'], table: string): Promise<readonly TemplateRow[]> {
  const columns = await run(`show columns from ${plain}.\`${table}\` where extra <> 'auto_increment'`);
  const names = columns.map((row) => `\`${firstOf(row)}\``).join();
  const rows = await run(`select ${names} from ${plain}.\`seen_${table}\``);
  return rows.map((row) => ({
    table,
    values: Object.fromEntries(Object.entries(row).map(([name, v]) => [name, valueOf(v)])),
  }));
}

function firstOf(row: Readonly<Record<string, unknown>>): string {
  return String(Object.values(row)[0]);
}

function valueOf(value: unknown): string | number | null {
  if (value === null || typeof value === 'number' || typeof value === 'string') return value;
  return Buffer.isBuffer(value) ? value.toString() : JSON.stringify(value);
}
