import { cp, mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MikroORM } from '@mikro-orm/mysql';
import { z } from 'zod';
import type { Config } from '../../../src/config.ts';
import { ormOptions } from '../../../src/entities/orm-options.ts';

const folder = new URL('../../recorded/from-41696d9/', import.meta.url);
const read = async <T>(name: string, schema: z.ZodType<T>): Promise<T> =>
  schema.parse(JSON.parse(await readFile(new URL(name, folder), 'utf8')));

const Value = z.union([z.string(), z.number(), z.null(), z.object({ hex: z.string() })]);
const Tables = z.record(z.string(), z.array(z.record(z.string(), Value)));
const lastMigration = 'Migration20261122235627_keep_trace_of_messages';

/** A job as BullMQ kept it: data and options are JSON. */
const OldJobs = z.array(z.object({ queue: z.string(), name: z.string(), data: z.string(), opts: z.string() }));

/** Makes the database as commit 41696d9 left it, schema and rows; nothing newer has run. */
export async function openOldDatabase(config: Config): Promise<MikroORM> {
  const orm = await MikroORM.init(ormOptions(config));
  await orm.schema.ensureDatabase();
  await orm.migrator.up({ to: lastMigration });
  const tables = await read('rows.json', Tables);
  await orm.em.fork().transactional(async (em) => {
    await em.execute('set foreign_key_checks = 0');
    for (const [table, rows] of Object.entries(tables))
      for (const row of rows) {
        const names = Object.keys(row).map((name) => `\`${name}\``);
        const values = Object.values(row).map((value) =>
          typeof value === 'object' && value !== null ? Buffer.from(value.hex, 'hex') : value,
        );
        await em.execute(
          `insert into \`${table}\` (${names.join(', ')}) values (${values.map(() => '?').join(', ')})`,
          values,
        );
      }
    await em.execute('set foreign_key_checks = 1');
  });
  return orm;
}

/** What became of each order, by its name in the recording. */
export const oldOrders = () => read('orders.json', z.record(z.string(), z.string()));

/** A job of each kind that ran. */
export const oldJobs = () => read('jobs.json', OldJobs);

/** A folder for the sandbox with the books of the payments in `openOldDatabase`. */
export async function oldBooks(): Promise<string> {
  const data = await mkdtemp(join(tmpdir(), 'orderflow-sandbox-'));
  await cp(new URL('stripe.jsonl', folder), join(data, 'stripe.jsonl'));
  return data;
}
