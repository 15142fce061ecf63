import { afterAll, beforeAll, expect, test } from 'vitest';
import { MikroORM } from '@mikro-orm/mysql';
import { readConfig } from '../../src/config.ts';
import { ormOptions } from '../../src/entities/orm-options.ts';
import { Order } from '../../src/entities/orders.entity.ts';
import { placeOrder } from '../support/load/place-order.ts';
import { type Platform, startPlatform, untilReady } from '../support/processes/platform.ts';
import { freePorts, startProcess, type TestProcess, until } from '../support/processes/process.ts';
import { dumpDatabase, restoreDatabase } from '../support/stores/dump.ts';

let platform: Platform;
let restored: MikroORM | undefined;
const started: TestProcess[] = [];
beforeAll(async () => {
  platform = await startPlatform({ ownRedis: true });
});
afterAll(async () => {
  await Promise.all(started.map((some) => some.signal('SIGKILL')));
  await restored?.schema.dropDatabase();
  await restored?.close(true);
  await platform.stop();
});

test('a backup taken under load and restored after all was lost: its orders are paid, and none is charged twice', async () => {
  // A dump must find some that are being charged, whatever the speed of the machine.
  await platform.sandbox.fault({ target: 'stripe', kind: 'slow', rate: 1 });
  const placed: string[] = [];
  let isOpen = true;
  const shopper = async () => {
    while (isOpen) placed.push(await placeOrder(platform));
  };
  const shoppers = Array.from({ length: 8 }, shopper);
  await until('fifty orders', () => placed.length >= 50 || undefined);
  const dump = await dumpDatabase(platform.env);
  const dumped = placed.length;
  await until('more after the dump', () => placed.length >= dumped + 20 || undefined);
  isOpen = false;
  await Promise.all(shoppers);
  await platform.sandbox.clearFaults();
  // What the dump has as pending is charged by now: a restored process must find that out.
  await until('all are paid', async () => {
    const open = await platform.orm.em.fork().count(Order, { status: 'pending' });
    return open === 0 || undefined;
  });

  await Promise.all([...platform.apis, ...platform.workers].map((some) => some.signal('SIGKILL')));
  await platform.redis.flushall();
  const database = `${platform.env['MYSQL_DB']}_restored`;
  await restoreDatabase(platform.env, database, dump);
  const env = { ...platform.env, MYSQL_DB: database };
  restored = await MikroORM.init(ormOptions(readConfig(env)));
  const em = () => (restored ?? platform.orm).em.fork();
  const orders = await em().find(Order, {});
  expect(orders.filter(({ status }) => status === 'pending').length).toBeGreaterThan(0);

  const [port, ...healths] = await freePorts(3);
  for (const [index, script] of ['src/api/main.ts', 'src/workers/main.ts'].entries()) {
    const health = healths[index];
    const some = startProcess(script, [], { ...env, PORT: String(port), HEALTH_PORT: String(health) });
    started.push(some);
    await untilReady(`http://127.0.0.1:${health}/readyz`, some);
  }
  await until('all orders of the backup are paid', async () => {
    const open = await em().count(Order, { status: { $ne: 'paid' } });
    return open === 0 || undefined;
  });
  const charged = (await platform.sandbox.ledger()).map(({ order_id, amount }) => `${order_id} ${amount}`);
  expect(new Set(charged).size).toBe(charged.length);
  expect(charged.toSorted()).toEqual(expect.arrayContaining(orders.map(({ id, totalMinor }) => `${id} ${totalMinor}`)));
  // What was ordered after the backup is known to the gateway alone: the daily comparison of the books tells people.
  expect(charged.length).toBe(placed.length);
});
