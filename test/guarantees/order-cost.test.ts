import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { Order } from '../../src/entities/orders.entity.ts';
import { placeOrder } from '../support/load/place-order.ts';
import { type Platform, startPlatform } from '../support/processes/platform.ts';
import { until } from '../support/processes/process.ts';

// What an order costs the servers, alone and when many come at once, counted by the servers. Nobody else asks them for anything.
let platform: Platform;
beforeAll(async () => {
  const env = { WATCHLIST: '', PAYMENT_GATEWAY: 'instant', RATE_LIMIT_PER_MINUTE: '0', RATE_LIMIT_BURST: '0' };
  platform = await startPlatform({ ownRedis: true, ownMysql: true, env });
  await until('Redis holds all', async () => (await platform.redis.get('orderflow:whole')) ?? undefined);
  // One logs in for all.
  await pay(1);
});
afterAll(() => platform.stop());

const Status = z.array(z.object({ Variable_name: z.string(), Value: z.string() }));
// Of the server, so that it counts in its own seconds what the platform asks for when it has nothing to do.
const names = ['Questions', 'Com_commit', 'Uptime'];
// Of what is idle, a second: more than `idle.test.ts` finds, because what looks for work finds some here.
const idle = { statements: 14, commits: 2, reads: 26 };
/** What this test itself asks for while it waits. */
const own = { statements: 0, reads: 0 };

async function counts() {
  const rows: unknown = await platform.orm.em.fork().execute('show global status');
  const status = new Map(Status.parse(rows).map(({ Variable_name: name, Value: value }) => [name, Number(value)]));
  const [statements = 0, commits = 0, seconds = 0] = names.map((name) => status.get(name));
  const reads = Number(/^total_reads_processed:(\d+)/m.exec(await platform.redis.info('stats'))?.[1]);
  const added = /^cmdstat_evalsha:calls=(\d+)/m.exec(await platform.redis.info('commandstats'))?.[1];
  const scripts = Number(added ?? 0);
  return { statements: statements - own.statements, commits, seconds, reads: reads - own.reads, scripts };
}

async function paidOf(ids: readonly string[]): Promise<number> {
  own.statements += 1;
  return platform.orm.em.fork().count(Order, { id: { $in: [...ids] }, status: 'paid' });
}

async function toldOfAll(): Promise<number> {
  own.reads += 1;
  return platform.redis.xlen('orders');
}

/**
 * So many orders at once, until the last of them is paid and all is told of them. They reach the API together, and their jobs the
 * worker, however long this machine takes to bring them there: both stand still meanwhile.
 */
async function pay(orders: number): Promise<void> {
  const processes = [platform.workers[0], platform.apis[0]];
  const told = await toldOfAll();
  let sent = 0;
  const onSent = () => {
    sent += 1;
  };
  subscribe('undici:request:bodySent', onSent);
  try {
    for (const some of processes) await some?.signal('SIGSTOP');
    const placing = Promise.all(Array.from({ length: orders }, () => placeOrder(platform)));
    await until('all have been asked for', () => sent >= orders || undefined);
    await platform.apis[0]?.signal('SIGCONT');
    const ids = await placing;
    await until('all that are placed are told', async () => (await toldOfAll()) >= told + orders || undefined);
    await platform.workers[0]?.signal('SIGCONT');
    await until('all are paid', async () => (await paidOf(ids)) === orders || undefined);
    await until('all that are paid are told', async () => (await toldOfAll()) >= told + 2 * orders || undefined);
  } finally {
    unsubscribe('undici:request:bodySent', onSent);
    for (const some of processes) await some?.signal('SIGCONT');
  }
}

/** What it costs, and the seconds that it takes. */
async function costOf(work: () => Promise<void>) {
  const before = await counts();
  await work();
  const after = await counts();
  return {
    statements: after.statements - before.statements,
    commits: after.commits - before.commits,
    reads: after.reads - before.reads,
    scripts: after.scripts - before.scripts,
    seconds: after.seconds - before.seconds + 1,
  };
}

test('sixty-four orders at once share statements, commits and what is sent to Redis', async () => {
  await pay(64);
  const rounds = 4;
  const orders = rounds * 64;
  const inRounds = () =>
    costOf(async () => {
      for (let round = 0; round < rounds; round += 1) await pay(64);
    });
  let cost = await inRounds();
  // A process that has to share its machine may be given its turn before all has arrived; what never comes together costs more each time.
  await until(
    () => `orders cost so little; it was ${JSON.stringify(cost)}`,
    async () => {
      const { statements, commits, seconds } = cost;
      const isShared =
        statements < orders + idle.statements * seconds && commits < 0.15 * orders + idle.commits * seconds;
      if (isShared) return true;
      cost = await inRounds();
      return undefined;
    },
  );
  // A job is added by one script of its own, and ended by one, which fetches the next.
  expect(cost.scripts).toBeLessThan(4 * orders + idle.reads * cost.seconds);
  expect(cost.reads).toBeLessThan(1.5 * orders + idle.reads * cost.seconds);
});

test('ten orders one after the other cost twenty-six statements, two commits and eight ways to Redis each at most', async () => {
  const orders = 10;
  const { statements, commits, scripts, reads, seconds } = await costOf(async () => {
    for (let order = 0; order < orders; order += 1) await pay(1);
  });
  expect(statements).toBeLessThan(26 * orders + idle.statements * seconds);
  expect(commits).toBeLessThan(2 * orders + idle.commits * seconds);
  expect(reads).toBeLessThan(8 * orders + idle.reads * seconds);
  expect(scripts).toBeLessThan(8 * orders + idle.reads * seconds);
});
