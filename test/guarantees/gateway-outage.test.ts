import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { Order } from '../../src/entities/orders.entity.ts';
import { type Platform, startPlatform } from '../support/processes/platform.ts';
import { until } from '../support/processes/process.ts';
import { reportFault } from '../support/proof/report-fault.ts';
import { placeOrder } from '../support/load/place-order.ts';

// In `npm run chaos` more of both.
const [orders, tries] = [Number(process.env['OUTAGE_ORDERS'] ?? 40), Number(process.env['OUTAGE_TRIES'] ?? 4)];
const Jobs = z.object({ data: z.array(z.object({ kind: z.string(), state: z.string(), attempts: z.int() })) });

let platform: Platform;
beforeAll(async () => {
  // One charge at a time makes the order of the queue the order of the ledger.
  platform = await startPlatform({ workers: 2, env: { WORKER_CONCURRENCY_PAYMENTS: '1' } });
});
afterAll(() => platform.stop());

test('while the gateway is away one call a second tries it; afterwards the oldest orders are charged first', async () => {
  await platform.sandbox.fault({ target: 'stripe', kind: '5xx', seconds: 600 });
  const ids: string[] = [];
  for (let count = 0; count < orders; count += 1) ids.push(await placeOrder(platform));
  const known = (await platform.sandbox.arrivals('stripe')).length;
  await until('the gateway is tried again and again', async () =>
    (await platform.sandbox.arrivals('stripe')).length >= known + tries ? true : undefined,
  );
  const during = (await platform.sandbox.arrivals('stripe')).slice(known).map(({ at_ms }) => at_ms);
  // A pause of a second after each try, and one try more for the moment at which the looking began.
  const seconds = ((during.at(-1) ?? 0) - (during[0] ?? 0)) / 1_000;
  expect(during.length).toBeLessThanOrEqual(Math.ceil(seconds) + 1);
  await platform.sandbox.clearFaults();
  const clearedMs = performance.now();

  const em = platform.orm.em.fork();
  const paid = () => em.count(Order, { id: { $in: ids }, status: 'paid' });
  await until('the first is paid', async () => ((await paid()) > 0 ? true : undefined));
  const slowestRecoverySeconds = Math.round((performance.now() - clearedMs) / 100) / 10;
  await until('all paid', async () => ((await paid()) === ids.length ? true : undefined));
  const charged = (await platform.sandbox.ledger()).map(({ order_id }) => order_id ?? '');
  const doubled = charged.length - new Set(charged).size;
  const title = `the gateway is away while ${ids.length} orders come`;
  const how = 'test/guarantees/gateway-outage.test.ts';
  const told = { title, how, seed: 'no chance' } as const;
  reportFault({ fault: 'F21', ...told, times: 1, orders: ids.length, doubled, slowestRecoverySeconds });
  expect(charged.toSorted()).toEqual(ids.toSorted());
  const place = (id: string) => charged.indexOf(id);
  // The few that had failed for themselves before the outage was known wait out their own pause.
  const displaced = ids.filter((id, index) => Math.abs(place(id) - index) > 12);
  expect(displaced.length).toBeLessThanOrEqual(8);
});

test('a gateway that is called too often is left alone, and no attempt is spent', async () => {
  await platform.sandbox.fault({ target: 'stripe', kind: '429', times: 3, retry_after: 1, seconds: 600 });
  const ids: string[] = [];
  for (let count = 0; count < 10; count += 1) ids.push(await placeOrder(platform));
  const em = platform.orm.em.fork();
  await until('all paid', async () =>
    (await em.count(Order, { id: { $in: ids }, status: 'paid' })) === ids.length ? true : undefined,
  );
  const charged = (await platform.sandbox.ledger()).map(({ order_id }) => order_id ?? '');
  expect(charged.filter((id) => ids.includes(id)).toSorted()).toEqual(ids.toSorted());
  const refused = (await platform.sandbox.arrivals('stripe')).filter(({ status }) => status === 429);
  expect(refused).toHaveLength(3);
  const done = await until('all jobs done', async () => {
    const answers = await Promise.all(ids.map((id) => platform.send('GET', `/jobs?key=${id}`, undefined, 'admin')));
    const found = await Promise.all(answers.map(async (answer) => Jobs.parse(await answer.json())));
    const jobs = found.flatMap(({ data }) => data.filter(({ kind }) => kind === 'charge-order'));
    return jobs.length === ids.length && jobs.every(({ state }) => state === 'completed') ? jobs : undefined;
  });
  expect(done.map(({ attempts }) => attempts)).toEqual(ids.map(() => 1));
});
