import { afterEach, expect, test } from 'vitest';
import { z } from 'zod';
import { seeMainFlows, seeOrderPaid } from '../support/engines/main-flows.ts';
import { type MysqlPair, startMysqlPair } from '../support/engines/mysql-pair.ts';
import { placeOrder, statusOf } from '../support/load/place-order.ts';
import { type Platform, startPlatform } from '../support/processes/platform.ts';
import { until } from '../support/processes/process.ts';

const Placed = z.object({ id: z.string() });

let pair: MysqlPair;
let platform: Platform;
afterEach(async () => {
  await platform.stop();
  await pair.stop();
});

async function open(env: Readonly<Record<string, string>> = {}): Promise<void> {
  pair = await startMysqlPair();
  platform = await startPlatform({ env: { ...pair.env, ...env } });
}

/** Places orders until one is taken; what is answered until then must be that the time is not right. */
async function placedAtLast(): Promise<string> {
  return until('an order is taken', async () => {
    const answer = await platform.send('POST', '/orders', { products: [1, 2], total_amount: 100 });
    if (answer.status === 201) return Placed.parse(await answer.json()).id;
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
    return undefined;
  });
}

test('the server that takes writes is found behind one that does not, and left for it when it has become read-only', async () => {
  await open();
  await seeMainFlows(platform);
  const before = await placeOrder(platform);
  await pair.first.asRoot('set global read_only = 1');
  expect((await platform.send('POST', '/orders', { products: [1] })).status).toBe(503);
  await pair.inStep();
  await pair.promote();

  const after = await placedAtLast();
  for (const id of [before, after])
    await until(`${id} is paid`, async () => ((await statusOf(platform, id)) === 'paid' ? true : undefined));
  expect(await pair.second.asRoot(`select id from orderflow_test_pair.orders where id = '${after}'`)).toHaveLength(1);
  expect(await pair.first.asRoot(`select id from orderflow_test_pair.orders where id = '${after}'`)).toHaveLength(0);
  await seeMainFlows(platform);
});

test('when the server is killed the next that takes writes is found, without a restart of any process', async () => {
  await open();
  const before = await seeOrderPaid(platform);
  await pair.inStep();
  await pair.first.process().signal('SIGKILL');
  await pair.promote();

  const after = await placedAtLast();
  for (const id of [before, after])
    await until(`${id} is paid`, async () => ((await statusOf(platform, id)) === 'paid' ? true : undefined));
  await seeMainFlows(platform);
});

test('a server that is frozen is left as well', async () => {
  await open();
  await seeOrderPaid(platform);
  await pair.inStep();
  await pair.first.process().signal('SIGSTOP');
  await pair.promote();
  await placedAtLast();
  await seeMainFlows(platform);
});
