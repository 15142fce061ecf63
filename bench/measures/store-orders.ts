import { type Bench, withProduct } from '../bench.ts';
import { storedRows } from '../plain/template.ts';
import { writePlainly } from '../plain/write-plainly.ts';
import { places } from '../settings.ts';
import { paidRound } from './paid-round.ts';

const gap = 100_000_000;
const database = places.product.MYSQL_DB;

/** Has this many orders stored: copies of one paid order, with all that is stored because of it. */
export async function storeOrders(bench: Bench, wanted: number): Promise<void> {
  const { stores, say, servers } = bench;
  const count = async () => (await stores.numbers(`select count(*) as orders from ${database}.orders`))['orders'] ?? 0;
  if ((await count()) === 0) await firstOrders(bench);
  const missing = wanted - (await count());
  if (missing <= 0) return;
  const [paid] = await stores.run(`select id from ${database}.orders where status = 'paid' order by id desc limit 1`);
  const rows = await storedRows(stores, String(paid?.['id']));
  const last = `select max(position) as position from ${database}.event_log where position < ${gap}`;
  const { position = 0 } = await stores.numbers(last);
  const placed = rows.map((row) => (row.table === 'event_log' ? { ...row, next: { position: position + 1 } } : row));
  say(`storing ${missing} orders of ${rows.length} rows`);
  const most = { most: missing, seconds: 7_200, ordersAtOnce: Math.min(200, missing) };
  const { perSecond } = await writePlainly(servers, { database, connections: 2, ...most, rows: placed });
  say(`  ${perSecond.toFixed(0)} orders a second`);
}

/** Leaves a gap in the log behind them, for the copies: the end of the log stays what the stream ends with. */
async function firstOrders(bench: Bench): Promise<void> {
  await withProduct(bench, {}, (side) => paidRound(bench, side, { most: 100 }));
  await bench.stores.run(`update ${database}.event_log_end set position = ${gap}`);
  await withProduct(bench, {}, (side) => paidRound(bench, side, { most: 100 }));
}
