import { randomUUIDv7 } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { createConnection } from 'mysql2/promise';
import { z } from 'zod';
import { PlainPlan, type Written } from './plan.ts';
import type { TemplateRow } from './template.ts';

// The rows of the example again and again with ids of their own; an order a transaction is what anybody's first shop does.

const Taken = z.array(z.object({ last: z.union([z.number(), z.string()]).nullable() }));
const plan = PlainPlan.parse(JSON.parse(await text(process.stdin)));
const { rows, connections, seconds, most = Number.POSITIVE_INFINITY, ordersAtOnce, ...server } = plan;
const uuid = /[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}/g;
const open = await Promise.all(Array.from({ length: connections }, () => createConnection(server)));
const statements = await Promise.all(
  Object.entries(Object.groupBy(rows, ({ table }) => table)).map(([table, same = []]) => insertOf(table, same)),
);
// The tables need not come in any order.
for (const connection of open) await connection.query('set foreign_key_checks = 0');
const began = performance.now();
let orders = 0;
await Promise.all(open.map(write));
const written: Written = { orders, perSecond: orders / ((performance.now() - began) / 1_000) };
process.stdout.write(JSON.stringify(written));
for (const connection of open) connection.destroy();

async function write(connection: (typeof open)[number]): Promise<void> {
  while (performance.now() < began + seconds * 1_000 && orders < most) {
    orders += ordersAtOnce;
    const copies = Array.from({ length: ordersAtOnce }, newIds);
    await connection.query('begin');
    for (const { sql, values } of statements)
      await connection.query(
        sql,
        copies.flatMap((own) => values.map((value) => value(own))),
      );
    await connection.query('commit');
  }
}

async function insertOf(table: string, same: readonly TemplateRow[]) {
  const columns = Object.keys(same[0]?.values ?? {});
  const places = Array<string>(same.length * ordersAtOnce).fill(`(${columns.map(() => '?').join()})`);
  const names = columns.map((column) => `\`${column}\``).join();
  const sql = `insert into \`${table}\` (${names}) values ${places.join()}`;
  const next = await freeNumbers(table, { ...same[0]?.next });
  const valueOf = (value: Value, column: string) => {
    const first = value === null ? undefined : next[column];
    if (first === undefined) return (own: Own) => own(value);
    return () => {
      const number = next[column] ?? first;
      next[column] = number + 1;
      return number;
    };
  };
  return {
    sql,
    values: same.flatMap(({ values }) => columns.map((column) => valueOf(values[column] ?? null, column))),
  };
}

/** The numbers that copies are to begin with, or later ones where earlier copies have taken some. */
async function freeNumbers(table: string, next: Readonly<Record<string, number>>): Promise<Record<string, number>> {
  const free: Record<string, number> = {};
  for (const [column, first] of Object.entries(next)) {
    const answer = await open[0]?.query(`select max(\`${column}\`) as last from \`${table}\``);
    const [taken] = Taken.parse(answer?.[0]);
    free[column] = Math.max(first, Number(taken?.last ?? 0) + 1);
  }
  return free;
}

type Value = string | number | null;
type Own = (value: Value) => Value;

/** Another id for each of the example, the same wherever it stands. */
function newIds(): Own {
  const ids = new Map<string, string>();
  const own = (id: string) => {
    const given = ids.get(id) ?? randomUUIDv7();
    ids.set(id, given);
    return given;
  };
  return (value) => (typeof value === 'string' ? value.replace(uuid, own) : value);
}
