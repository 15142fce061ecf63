import { MikroORM } from '@mikro-orm/mysql';
import type { PoolOptions, TypeCastField } from 'mysql2';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { readConfig } from '../../src/config.ts';
import { Product } from '../../src/entities/catalog.entity.ts';
import { ormOptions } from '../../src/entities/orm-options.ts';
import { isAway, isTransient } from '../../src/mysql/faults.ts';
import { together } from '../../src/mysql/pipeline.ts';
import { readPool } from '../../src/ops/backlog.ts';
import { CommitUnknown, openTransaction } from '../../src/outbox/transaction.ts';
import { until } from '../support/processes/process.ts';
import { createDatabase } from '../support/stores/create-database.ts';
import { type OwnData, ownData } from '../support/stores/servers.ts';
import { sendsOf } from '../support/stores/statements.ts';
import { openToxicProxy, type ToxicProxy } from '../support/upstreams/toxic-proxy.ts';

// As long as nobody hangs up, the kernel waits for a quarter of an hour.
const seconds = { timeout: 60_000 };

let data: OwnData;
let direct: MikroORM;
beforeAll(async () => {
  data = await ownData();
  direct = await createDatabase(readConfig(data));
});
afterAll(async () => {
  await direct.schema.dropDatabase();
  await direct.close(true);
});

let way: ToxicProxy;
let orm: MikroORM;
beforeEach(async () => {
  way = await openToxicProxy(data['MYSQL_HOST'] ?? '', Number(data['MYSQL_PORT']), () => 0);
  orm = await openOnWay();
  await execute('select 1');
});
afterEach(async () => {
  await way.close();
  await orm.close(true);
});

async function openOnWay(driverOptions: Readonly<PoolOptions> = {}): Promise<MikroORM> {
  const options = ormOptions(readConfig({ ...data, MYSQL_HOST: '127.0.0.1', MYSQL_PORT: String(way.port) }));
  return MikroORM.init({ ...options, driverOptions: { ...options.driverOptions, ...driverOptions } });
}
const execute = (sql: string) => orm.em.fork().execute(sql);
const failureOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    (value) => value,
    (error: unknown) => error,
  );
const relay = { notify() {}, isBehind: () => false };
const transaction = () => openTransaction(orm, relay, () => new Date(), 10 * seconds.timeout);
const titleOf = async (id: number) => (await direct.em.fork().findOneOrFail(Product, id)).title;

const Found = z.array(z.object({ id: z.number() }));
const threadThat = (does: string) =>
  until(`a thread does ${does}`, async () => {
    const sql = `select id as id from information_schema.processlist where info like '${does}%'`;
    return Found.parse(await direct.em.fork().execute(sql))[0]?.id;
  });

test.each(['both', 'down'] as const)(
  'a statement of which the server knows nothing, or whose answer is lost, is ended and may be sent anew: silent %s',
  seconds,
  async (side) => {
    way.silence(side);
    expect(isTransient(await failureOf(execute('select 1')))).toBe(true);
    expect(await execute('select 2 as number')).toEqual([{ number: 2 }]);
  },
);

test('so is one whose thread has gone without a word', seconds, async () => {
  const failing = failureOf(execute('select sleep(3600)'));
  const id = await threadThat('select sleep(3600)');
  way.silence('both');
  await direct.em.fork().execute(`kill connection ${id}`);
  expect(isTransient(await failing)).toBe(true);
});

test('connections that rest beside a lost one are not waited for, one after the other', seconds, async () => {
  await Promise.all(Array.from({ length: 10 }, () => execute('select sleep(0.2)')));
  way.silence('both');
  expect(isTransient(await failureOf(execute('select 1')))).toBe(true);
  const sent = await sendsOf(() => Promise.all(Array.from({ length: 10 }, () => execute('select 2'))));
  // The pool closes what has rested for five seconds: on a machine that is as slow as that, nothing is seen here.
  expect(sent.filter((one) => one.includes('processlist'))).toEqual([]);
});

test('where nothing is heard of the server, reads are given up', seconds, async () => {
  // Told to, it hangs up later than anybody here waits.
  await execute('/* of the test */ set session wait_timeout = 600');
  way.set({ closed: 'both' });
  const failures = await Promise.all(Array.from({ length: 50 }, () => failureOf(execute('select 1'))));
  expect(failures.filter((failure) => !isAway(failure))).toEqual([]);
  way.clear();
  expect(await execute('select 2 as number')).toEqual([{ number: 2 }]);
});

test('so is who waits for a connection, but no transaction that has one', seconds, async () => {
  const silent = Promise.withResolvers<void>();
  let [begun, ended] = [0, 0];
  const working = Array.from({ length: 20 }, () =>
    transaction()(async (tx) => {
      await tx.execute('/* of the test */ set session wait_timeout = 600');
      begun += 1;
      await silent.promise;
      await tx.execute('select 1');
    }).finally(() => (ended += 1)),
  );
  await until('all connections are taken', () => begun === 20 || undefined);
  way.set({ closed: 'both' });
  silent.resolve();
  expect(isAway(await failureOf(execute('select 1')))).toBe(true);
  const { waiting } = await readPool({ orm });
  // By now it is known that nothing is heard: whoever comes is told so, and the pool need not keep them until the server goes on.
  const failures = await Promise.all(Array.from({ length: 50 }, () => failureOf(execute('select 1'))));
  expect(failures.filter((failure) => !isAway(failure))).toEqual([]);
  expect(await readPool({ orm })).toMatchObject({ waiting });
  expect(ended).toBe(0);
  way.clear();
  await Promise.all(working);
});

test('a transaction whose way falls silent is done again', seconds, async () => {
  let runs = 0;
  await transaction()(async (tx) => {
    runs += 1;
    await tx.execute('select title from products where id = 1');
    if (runs === 1) way.silence('both');
    await tx.nativeUpdate(Product, { id: 1 }, { title: `in run ${runs}` });
  });
  expect(await titleOf(1)).toBe(`in run ${runs}`);
  expect(runs).toBeGreaterThan(1);
});

test.each([
  ['both', false],
  ['down', true],
] as const)('of a COMMIT it is not known whether it was carried out: silent %s', seconds, async (side, isDone) => {
  const title = `committed into silence ${side}`;
  const committing = transaction()(async (tx) => {
    await tx.nativeUpdate(Product, { id: 2 }, { title });
    way.silence(side);
  });
  await expect(committing).rejects.toThrow(CommitUnknown);
  expect((await titleOf(2)) === title).toBe(isDone);
});

test('nor of a transaction that was sent all at once', seconds, async () => {
  way.silence('down');
  const change = "update products set title = 'at once' where id = 1";
  const failure = await failureOf(execute(together(['begin', change, 'commit'])));
  expect(failure).toMatchObject({ code: 'PROTOCOL_CONNECTION_LOST' });
  expect(await titleOf(1)).toBe('at once');
});

test(
  'a server that says something that nobody understands is not taken for one that says nothing',
  seconds,
  async () => {
    await orm.close(true);
    // As behind a proxy that tells numbers as text.
    orm = await openOnWay({ typeCast: (field: TypeCastField) => field.string() });
    expect(await execute('select sleep(7) as answer')).toEqual([{ answer: '0' }]);
  },
);

test('what the server works on may take as long as it will', seconds, async () => {
  const lock = `of_${data['MYSQL_DB']}`;
  await direct.em.fork().transactional(async (holder) => {
    await holder.execute(`/* of the test */ select get_lock('${lock}', 0) as answer`);
    let isOver = false;
    const waiting = execute(`/* of the test */ select get_lock('${lock}', 600) as answer`).finally(() => {
      isOver = true;
    });
    await sendsOf(async (heard) => {
      const asks = () => heard.filter((one) => one.includes('information_schema.processlist')).length;
      await until('it has been asked about again and again', async () => {
        await holder.execute('select 1');
        return asks() > 3 || undefined;
      });
    });
    expect(isOver).toBe(false);
    await holder.execute(`/* of the test */ select release_lock('${lock}') as answer`);
    expect(await waiting).toEqual([{ answer: 1 }]);
  });
});
