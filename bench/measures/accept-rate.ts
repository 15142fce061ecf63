import { randomUUID } from 'node:crypto';
import { type Bench, type Measure, withProduct } from '../bench.ts';
import { makeLoad } from '../load/make-load.ts';
import type { Report } from '../load/plan.ts';
import { writePlainly } from '../plain/write-plainly.ts';
import { plainDatabase, type TemplateRow, templateOf } from '../plain/template.ts';
import type { Side } from '../sides/side.ts';
import { drained, expectExact, Miscounted } from './drain.ts';

/** Orders accepted durably with nobody paying meanwhile, beside the same rows written by plain SQL, an order a transaction. */
export const acceptRate: Measure = {
  ids: ['accept-rate'],
  async run(bench) {
    const rows = await acceptedRows(bench);
    const ours: number[] = [];
    const plain: number[] = [];
    for (let round = 0; round < bench.effort.rounds; round += 1) {
      bench.say(`accept-rate: round ${round + 1} of ${bench.effort.rounds}, ${rows.length} rows an order`);
      ours.push(await accepting(bench));
      plain.push(await writing(bench, rows));
      bench.say(`  Orderflow ${ours.at(-1)?.toFixed(0)} orders/s, plain SQL ${plain.at(-1)?.toFixed(0)}`);
    }
    return {
      goals: { 'accept-rate': { rate: { ours, peer: plain } } },
      rounds: [{ row: 'accept-rate', rowsAnOrder: rows.length, ours, plain }],
    };
  },
};

/** The rows of one order with an Idempotency-Key. */
async function acceptedRows(bench: Bench): Promise<readonly TemplateRow[]> {
  let rows: readonly TemplateRow[] = [];
  await whileNobodyPays(bench, async (side) => {
    const { method, headers, path, body } = side.order;
    const own = { ...headers, 'idempotency-key': randomUUID() };
    rows = await templateOf(bench.stores, async () => {
      const answer = await fetch(`${side.urls[0]}${path}`, { method, headers: own, ...(body && { body }) });
      if (answer.status !== 201) throw new Error(`the example of an order is not accepted: ${await answer.text()}`);
    });
    return [{ good: 1, answers: { 201: 1 } }];
  });
  return rows;
}

async function accepting(bench: Bench): Promise<number> {
  let rate = 0;
  await whileNobodyPays(bench, async (side) => {
    const load = { urls: [...side.urls], ask: { ...side.order, keyed: 1 }, connections: 128 };
    const warm = await makeLoad({ ...load, seconds: bench.effort.warmSeconds });
    const before = await side.tally();
    const report = await makeLoad({ ...load, seconds: bench.effort.seconds });
    const { orders } = await side.tally();
    // Not paid yet, so that orders alone can be counted.
    if (orders - before.orders !== report.good)
      throw new Miscounted(`${report.good} orders were accepted, ${orders - before.orders} are there`);
    rate = report.good / ((report.endedAt - report.beganAt) / 1_000);
    return [warm, report];
  });
  return rate;
}

type Answered = Pick<Report, 'good' | 'answers'>;

/** What was accepted is paid afterwards, each once, so that it burdens nobody's next round. */
async function whileNobodyPays(bench: Bench, work: (side: Side) => Promise<readonly Answered[]>): Promise<void> {
  const { before, since, all } = await withProduct(bench, { workers: 0 }, async (side) => {
    const [tally, { added }] = [await side.tally(), await side.entries()];
    return { before: tally, since: added, all: together(await work(side)) };
  });
  await withProduct(bench, {}, async (side) => {
    await drained(side, since, all.good);
    expectExact(side, before, await side.tally(), all);
  });
}

/** What several loads were answered, as of one. */
function together(loads: readonly Answered[]): Answered {
  const answers: Record<string, number> = {};
  for (const load of loads)
    for (const [answer, count] of Object.entries(load.answers)) answers[answer] = (answers[answer] ?? 0) + count;
  return { good: loads.reduce((sum, { good }) => sum + good, 0), answers };
}

async function writing({ servers, effort }: Bench, rows: readonly TemplateRow[]): Promise<number> {
  const plan = { database: plainDatabase, connections: 32, seconds: effort.seconds, ordersAtOnce: 1, rows: [...rows] };
  return (await writePlainly(servers, plan)).perSecond;
}
