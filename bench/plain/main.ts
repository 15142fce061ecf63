import { randomUUIDv7 } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { createConnection } from 'mysql2/promise';
import { PlainPlan } from './plan.ts';

// The rows of the example again and again with ids of their own, each order in a transaction of its own: what anybody's first shop does.

const { rows, connections, seconds, ...server } = PlainPlan.parse(JSON.parse(await text(process.stdin)));
const uuid = /[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}/g;
const statements = Object.entries(Object.groupBy(rows, ({ table }) => table)).map(([table, same = []]) => {
  const columns = Object.keys(same[0]?.values ?? {});
  const places = same.map(() => `(${columns.map(() => '?').join()})`).join();
  const names = columns.map((column) => `\`${column}\``).join();
  const sql = `insert into \`${table}\` (${names}) values ${places}`;
  return { sql, values: same.flatMap((row) => columns.map((column) => row.values[column] ?? null)) };
});
const open = await Promise.all(Array.from({ length: connections }, () => createConnection(server)));
const began = performance.now();
const counts = await Promise.all(open.map(write));
const lasted = (performance.now() - began) / 1_000;
const orders = counts.reduce((total, count) => total + count, 0);
process.stdout.write(JSON.stringify({ orders, perSecond: orders / lasted }));
for (const connection of open) connection.destroy();

async function write(connection: (typeof open)[number]): Promise<number> {
  let count = 0;
  for (; performance.now() < began + seconds * 1_000; count += 1) {
    const ids = new Map<string, string>();
    const own = (id: string) => ids.get(id) ?? (ids.set(id, randomUUIDv7()), ids.get(id) ?? '');
    await connection.query('begin');
    for (const { sql, values } of statements)
      await connection.query(
        sql,
        values.map((value) => (typeof value === 'string' ? value.replace(uuid, own) : value)),
      );
    await connection.query('commit');
  }
  return count;
}
