import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { Order } from '../../src/entities/orders.entity.ts';
import { placeOrder } from '../support/load/place-order.ts';
import { type Platform, startPlatform } from '../support/processes/platform.ts';
import { until } from '../support/processes/process.ts';

// What an order costs the servers when many come at once, counted by the servers. Nobody else asks them for anything.
let platform: Platform;
beforeAll(async () => {
  const env = { WATCHLIST: '', PAYMENT_GATEWAY: 'instant', RATE_LIMIT_PER_MINUTE: '0', RATE_LIMIT_BURST: '0' };
  platform = await startPlatform({ ownRedis: true, ownMysql: true, env });
  await until('Redis holds all', async () => (await platform.redis.get('orderflow:whole')) ?? undefined);
});
afterAll(() => platform.stop());

const Status = z.array(z.object({ Variable_name: z.string(), Value: z.string() }));
// Of the server, so that it counts in its own seconds what the platform asks for when it has nothing to do.
const names = ['Questions', 'Com_commit', 'Uptime'];
// Of what is idle, as `idle.test.ts` has it.
const idle = { statements: 14, reads: 21 };

async function counts() {
  const rows: unknown = await platform.orm.em.fork().execute('show global status');
  const status = new Map(Status.parse(rows).map(({ Variable_name: name, Value: value }) => [name, Number(value)]));
  const [statements = 0, commits = 0, seconds = 0] = names.map((name) => status.get(name));
  const reads = Number(/^total_reads_processed:(\d+)/m.exec(await platform.redis.info('stats'))?.[1]);
  const added = /^cmdstat_evalsha:calls=(\d+)/m.exec(await platform.redis.info('commandstats'))?.[1];
  return { statements, commits, seconds, reads, scripts: Number(added ?? 0) };
}

/** So many orders at once, until the last of them is paid. */
async function pay(orders: number): Promise<void> {
  const ids = await Promise.all(Array.from({ length: orders }, () => placeOrder(platform)));
  await until('all are paid', async () => {
    const paid = await platform.orm.em.fork().count(Order, { id: { $in: ids }, status: 'paid' });
    return paid === orders ? true : undefined;
  });
}

test('sixty-four orders at once share statements, commits and what is sent to Redis', async () => {
  // One logs in for all.
  await pay(1);
  await pay(64);
  const rounds = 4;
  const before = await counts();
  for (let round = 0; round < rounds; round += 1) await pay(64);
  const after = await counts();
  const orders = rounds * 64;
  const seconds = after.seconds - before.seconds + 1;
  // The rest is what this test asks for while it waits.
  expect(after.statements - before.statements).toBeLessThan(2 * orders + 2 * idle.statements * seconds);
  expect(after.commits - before.commits).toBeLessThan(orders / 4);
  // A job is added by one script of its own, and ended by one, which fetches the next.
  expect(after.scripts - before.scripts).toBeLessThan(4 * orders + idle.reads * seconds);
  expect(after.reads - before.reads).toBeLessThan(1.5 * orders + idle.reads * seconds);
});
