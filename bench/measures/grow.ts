import { type Bench, type Measure, withProduct } from '../bench.ts';
import { storedRows } from '../plain/template.ts';
import { writePlainly } from '../plain/write-plainly.ts';
import { places } from '../settings.ts';
import { type PaidRound, paidRound } from './paid-round.ts';

const few = 10_000;
const gap = 100_000_000;
const database = places.product.MYSQL_DB;

/** Paid orders with many stored, all their rows with them, beside few. What is stored cannot be taken back, so that few come first. */
export const grow: Measure = {
  ids: ['grow'],
  isOnlyByName: true,
  async run(bench) {
    const many = bench.effort.isQuick ? 100_000 : 2_000_000;
    await fillTo(bench, few);
    const before = await roundsOf(bench, few);
    await fillTo(bench, many);
    const after = await roundsOf(bench, many);
    const rate = ({ paidPerSecond }: PaidRound) => paidPerSecond;
    return {
      goals: { grow: { rate: { ours: after.map(rate), peer: before.map(rate) } } },
      rounds: [{ row: 'grow', few, before, many, after }],
    };
  },
};

async function roundsOf(bench: Bench, stored: number): Promise<readonly PaidRound[]> {
  const rounds: PaidRound[] = [];
  for (let round = 0; round < bench.effort.rounds; round += 1) {
    bench.say(`grow: round ${round + 1} of ${bench.effort.rounds} with ${stored} orders stored`);
    rounds.push(await withProduct(bench, {}, (side) => paidRound(bench, side)));
  }
  return rounds;
}

/** Copies one paid order with all that is stored because of it. */
async function fillTo(bench: Bench, wanted: number): Promise<void> {
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
  say(`grow: storing ${missing} orders of ${rows.length} rows`);
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
