import { randomUUIDv7 } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EntityManager } from '@mikro-orm/mysql';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { EventLog, OutboxMessage } from '../../src/entities/outbox.entity.ts';
import { Product } from '../../src/entities/catalog.entity.ts';
import { productSynced } from '../../src/streams/catalog.stream.ts';
import { openTransaction, TransactionTimeout } from '../../src/outbox/transaction.ts';
import { until } from '../support/processes/process.ts';
import { standStill } from '../support/processes/stand-still.ts';
import { openTestApi, type TestApi } from '../support/api/test-api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await openTestApi();
});
afterAll(() => api.close());

const relay = { notify() {}, isBehind: () => false };
const transactionWithin = (deadlineMs?: number) => openTransaction(api.ctx.orm, relay, () => new Date(), deadlineMs);
const rename = (tx: EntityManager, id: number, title: string) => tx.nativeUpdate(Product, { id }, { title });
const titleOf = async (id: number) => (await api.ctx.orm.em.fork().findOneOrFail(Product, id)).title;

/** A product locked by a transaction of its own, until `release`. */
async function lockProduct(id: number) {
  const em = api.ctx.orm.em.fork();
  await em.begin();
  await rename(em, id, 'locked');
  return { release: () => em.rollback() };
}

test('two transactions that lock in opposite order both succeed: the one that loses a deadlock runs again', async () => {
  const bothHoldOne = Promise.withResolvers<void>();
  let holders = 0;
  let runs = 0;
  const swap = (first: number, second: number) =>
    transactionWithin()(async (tx) => {
      runs += 1;
      await rename(tx, first, `by ${first}`);
      holders += 1;
      if (holders === 2) bothHoldOne.resolve();
      await bothHoldOne.promise;
      await rename(tx, second, `by ${first}`);
    });
  await Promise.all([swap(1, 2), swap(2, 1)]);
  expect(runs).toBe(3);
  expect(await titleOf(1)).toBe(await titleOf(2));
});

test('a transaction that waited for a lock sees what was committed meanwhile, in every table', async () => {
  // READ COMMITTED: at MySQL's default it would go on with what stood there before it waited.
  const lock = await lockProduct(2);
  await transactionWithin()(async (tx) => {
    const before = await tx.count(OutboxMessage, { name: 'committed meanwhile' });
    await transactionWithin()(async (other) => {
      const row = { name: 'committed meanwhile', body: '{}' };
      const now = new Date();
      await other.insert(OutboxMessage, { ...row, id: randomUUIDv7(), createdAt: now, leaseUntil: now });
    });
    await lock.release();
    await rename(tx, 2, 'after the wait');
    expect(await tx.count(OutboxMessage, { name: 'committed meanwhile' })).toBe(before + 1);
  });
});

test("an error of the work's own is not retried, and nothing of it stays", async () => {
  let runs = 0;
  const failing = transactionWithin()(async (tx) => {
    runs += 1;
    await rename(tx, 1, 'never');
    throw new Error('out of ideas');
  });
  await expect(failing).rejects.toThrow('out of ideas');
  expect(runs).toBe(1);
  expect(await titleOf(1)).not.toBe('never');
});

test('a statement that MySQL refuses for its content is not retried', async () => {
  let runs = 0;
  const failing = transactionWithin()(async (tx) => {
    runs += 1;
    await tx.insert(Product, { id: 1, title: 'second', priceMinor: 1, currency: 'USD', createdAt: new Date() });
  });
  await expect(failing).rejects.toMatchObject({ code: 'ER_DUP_ENTRY' });
  expect(runs).toBe(1);
});

test('a lock that is waited for too long is tried again', async () => {
  const lock = await lockProduct(1);
  let runs = 0;
  await transactionWithin()(async (tx) => {
    runs += 1;
    await tx.execute('/* of the test */ set innodb_lock_wait_timeout = 1');
    if (runs === 2) await lock.release();
    await rename(tx, 1, 'patient');
  });
  expect(runs).toBe(2);
  expect(await titleOf(1)).toBe('patient');
});

test.each(['between two statements', 'during a statement'])(
  'a connection killed %s is replaced and the work runs again, once in effect',
  async (moment) => {
    let runs = 0;
    await transactionWithin()(async (tx, after) => {
      runs += 1;
      after.publish(productSynced, moment, productSynced.example.data);
      await rename(tx, 1, moment);
      if (runs > 1) return;
      const [row] = await tx.execute<{ id: number }[]>('/* of the test */ select connection_id() as id');
      const kill = async () => void (await api.ctx.orm.em.fork().execute(`kill connection ${row?.id}`));
      if (moment === 'during a statement') await Promise.all([tx.execute('select sleep(5)'), kill()]);
      else {
        await kill();
        await until('it is gone', async () => {
          const rows = await api.ctx.orm.em
            .fork()
            .execute('select 1 from information_schema.processlist where id = ?', [row?.id]);
          return rows.length === 0 ? true : undefined;
        });
        await rename(tx, 2, moment);
      }
    });
    expect(runs).toBe(2);
    expect(await titleOf(1)).toBe(moment);
    expect(await api.ctx.orm.em.fork().find(EventLog, { subject: moment })).toMatchObject([{ version: 1 }]);
  },
);

test('work that does not end in time is given up, and does not start again behind the back of who was told', async () => {
  const lock = await lockProduct(2);
  let runs = 0;
  const failed = Promise.withResolvers<void>();
  const late = transactionWithin(200)(async (tx) => {
    runs += 1;
    await tx.execute('/* of the test */ set innodb_lock_wait_timeout = 1');
    await rename(tx, 2, 'late').catch((error: unknown) => {
      failed.resolve();
      throw error;
    });
  });
  await expect(late).rejects.toThrow(TransactionTimeout);
  await failed.promise;
  await lock.release();
  // That nothing follows can only be waited for; a retry would come within a quarter of a second.
  await sleep(400);
  expect(runs).toBe(1);
  expect(await titleOf(2)).not.toBe('late');
});

test('a process that stood still commits what it has begun, and is told so', async () => {
  const told: unknown[] = [];
  const relayToo = { ...relay, notify: (committed: unknown) => void told.push(committed) };
  const transaction = openTransaction(api.ctx.orm, relayToo, () => new Date(), 2_000);
  const result = await transaction(async (tx) => {
    await rename(tx, 1, 'after a while');
    await standStill(3_000);
    return 'done';
  });
  expect(result).toBe('done');
  expect(told).toHaveLength(1);
  expect(await titleOf(1)).toBe('after a while');
});
