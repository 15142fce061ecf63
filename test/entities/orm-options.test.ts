import type { EntityManager } from '@mikro-orm/mysql';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { Product } from '../../src/entities/catalog.entity.ts';
import { openTransaction } from '../../src/outbox/transaction.ts';
import { openTestApi, type TestApi } from '../support/api/test-api.ts';
import { until } from '../support/processes/process.ts';

let api: TestApi;
beforeAll(async () => {
  api = await openTestApi();
});
afterAll(() => api.close());

const em = () => api.ctx.orm.em.fork();
const rename = (tx: EntityManager, title: string) => tx.nativeUpdate(Product, { id: 1 }, { title });

test('a connection that nobody uses is closed from here, not found to be closed by the server', async () => {
  const ends: string[] = [];
  const pool = await api.ctx.orm.em.getDriver().getConnection().getNativeClient();
  pool.on('connection', (connection) => {
    connection.on('error', () => ends.push('by the server'));
    connection.on('end', () => ends.push('by either'));
  });
  const atOnce = 5;
  await Promise.all(Array.from({ length: atOnce }, () => em().execute('select sleep(0.2)')));
  await until('all but one have ended', async () => {
    const left = await em().execute('select 1 from information_schema.processlist where db = database()');
    return left.length === 1 && ends.length >= atOnce - 2 ? true : undefined;
  });
  expect(ends).not.toContain('by the server');
});

test('whoever falls silent in a transaction holds its locks for moments, and has written nothing', async () => {
  const silent = em();
  onTestFinished(() => silent.rollback().catch(() => {}));
  await silent.begin();
  await rename(silent, 'by the silent one');
  await until('another goes on', () => api.ctx.transaction((tx) => rename(tx, 'by another')).catch(() => undefined));
  await expect(silent.commit()).rejects.toThrow(/connection/i);
  expect(await em().findOneOrFail(Product, 1)).toMatchObject({ title: 'by another' });
});

test('a process that was frozen in a transaction finds it undone, and does it again', async () => {
  const patient = openTransaction(api.ctx.orm, { notify() {}, isBehind: () => false }, () => new Date(), 60_000);
  let runs = 0;
  await patient(async (tx) => {
    runs += 1;
    await rename(tx, `by run ${runs}`);
    // Nothing of this process goes on meanwhile, and the next statement is sent before anything is heard.
    if (runs === 1) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 12_000);
    await tx.nativeUpdate(Product, { id: 2 }, { title: `by run ${runs}` });
  });
  expect(runs).toBe(2);
  expect(await em().find(Product, { title: 'by run 2' })).toHaveLength(2);
});
