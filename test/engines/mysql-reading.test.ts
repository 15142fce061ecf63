import { type EntityManager, MikroORM } from '@mikro-orm/mysql';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { readConfig } from '../../src/config.ts';
import { Product } from '../../src/entities/catalog.entity.ts';
import { ormOptions } from '../../src/entities/orm-options.ts';
import { type MysqlPair, startMysqlPair } from '../support/engines/mysql-pair.ts';
import { placeOrder, statusOf } from '../support/load/place-order.ts';
import { type Platform, startPlatform } from '../support/processes/platform.ts';
import { freePort, until } from '../support/processes/process.ts';

const List = z.object({ data: z.array(z.object({ id: z.string() })) });
const Products = z.object({ data: z.array(z.object({ source: z.string() })) });

let pair: MysqlPair;
let platform: Platform;
beforeAll(async () => {
  pair = await startMysqlPair();
  const [, writable = ''] = (pair.env['MYSQL_HOST'] ?? '').split(',');
  const MYSQL_READ_HOST = `127.0.0.1:${pair.second.env['MYSQL_PORT']}`;
  platform = await startPlatform({ env: { ...pair.env, MYSQL_HOST: writable, MYSQL_READ_HOST } });
});
afterAll(async () => {
  await platform.stop();
  await pair.stop();
});

const Port = z.tuple([z.object({ port: z.number() })]);
/** Undefined: refused for now, because no server has been found to be right yet. */
const isListed = async (id: string) => {
  const answer = await platform.send('GET', '/orders');
  if (answer.status === 503) return undefined;
  expect(answer.status).toBe(200);
  return List.parse(await answer.json()).data.some((order) => order.id === id);
};

test('lists come from the replica, an order itself from where it was written; without the replica both do', async () => {
  await pair.inStep();
  await pair.hold();
  const id = await placeOrder(platform);
  await until('it is paid', async () => ((await statusOf(platform, id)) === 'paid' ? true : undefined));
  expect(await isListed(id)).toBe(false);
  await pair.goOn();
  await until('it is listed', async () => (await isListed(id)) || undefined);

  await pair.second.process().signal('SIGKILL');
  const next = await placeOrder(platform);
  expect(await isListed(next)).toBe(true);
  await pair.restartSecond();
  await pair.inStep();
  await pair.hold();
  const last = await until('lists come from the replica again', async () => {
    const unseen = await placeOrder(platform);
    return (await isListed(unseen)) === false ? unseen : undefined;
  });
  await until('it is paid', async () => ((await statusOf(platform, last)) === 'paid' ? true : undefined));
});

test('lists come from where they are written as long as the replica has not the schema that this release reads', async () => {
  await pair.goOn();
  await pair.inStep();
  await pair.hold();
  const unlisted = async () => (await isListed(await placeOrder(platform))) === false || undefined;
  await until('lists come from the replica', unlisted);
  const migrations = `\`${platform.env['MYSQL_DB']}\`.mikro_orm_migrations`;
  await pair.second.asRoot(`update ${migrations} set name = concat('-', name) order by id desc limit 1`);
  const complete = async () =>
    void (await pair.second.asRoot(`update ${migrations} set name = trim(leading '-' from name)`));
  onTestFinished(complete);
  await until('lists come from the primary', async () => (await isListed(await placeOrder(platform))) || undefined);
  await complete();
  await until('lists come from the replica', unlisted);
});

test('products that a sync has brought are shown at once, however far behind the replica is', async () => {
  await pair.goOn();
  await platform.redis.del('catalog:last-sync');
  await platform.orm.em.fork().nativeDelete(Product, { source: { $ne: 'local' } });
  await pair.inStep();
  await pair.hold();
  const foreignAt = async (path: string) => {
    const answer = await platform.send('GET', path);
    expect(answer.status).toBe(200);
    return Products.parse(await answer.json()).data.filter(({ source }) => source !== 'local').length;
  };
  expect(await foreignAt('/products?limit=100')).toBe(0);
  expect(await foreignAt('/products?limit=100&sync=true')).toBeGreaterThan(0);
  // Void unless the replica still lacks them.
  expect(await foreignAt('/products?limit=100')).toBe(0);
  await pair.goOn();
});

test('what is being read from the primary is read to its end when the replica is back', async () => {
  const config = readConfig(platform.env);
  const { mysqlHosts: hosts, mysqlReadHosts: replicas } = config;
  const reading = await MikroORM.init(ormOptions(config, { hosts, replicas }));
  onTestFinished(() => reading.close(true));
  const [replicaPort, em] = [replicas[0]?.port, () => reading.em.fork()];
  const isRead = async (from: 'replica' | 'primary') => {
    const [{ port }] = Port.parse(await em().execute('select @@port as port'));
    return (port === replicaPort) === (from === 'replica') || undefined;
  };
  await until('the replica is read', () => isRead('replica'));
  await pair.second.process().signal('SIGKILL');
  await until('the primary is read', () => isRead('primary').catch(() => undefined));
  let isOver = false;
  const slow = em()
    .execute('select sleep(8) as slept')
    .finally(() => (isOver = true));
  await pair.restartSecond();
  await until('the replica is read again', () => isRead('replica'));
  // Void unless it is still being read there.
  expect(isOver).toBe(false);
  expect(await slow).toEqual([{ slept: 0 }]);
});

/** From which ports is read while a slow answer is waited for, over some looks at the servers; it must be read to its end. */
async function portsMeanwhile(em: () => EntityManager): Promise<readonly number[]> {
  let isOver = false;
  const ports = new Set<number>();
  const readOn = async () => {
    while (!isOver) ports.add(Port.parse(await em().execute('select @@port as port'))[0].port);
  };
  const slow = em()
    .execute('select sleep(3) as slept')
    .finally(() => (isOver = true));
  expect((await Promise.all([slow, readOn()]))[0]).toEqual([{ slept: 0 }]);
  return [...ports];
}

test('while the replica is away, of several servers the one that takes writes is read, and left for no other', async () => {
  const at = (port: unknown) => ({ host: '127.0.0.1', port: Number(port) });
  const [first, second] = [at(pair.first.env['MYSQL_PORT']), at(pair.second.env['MYSQL_PORT'])];
  const wanted = { hosts: [second, first], replicas: [at(await freePort())] };
  const reading = await MikroORM.init(ormOptions(readConfig(platform.env), wanted));
  onTestFinished(() => reading.close(true));
  expect(await portsMeanwhile(() => reading.em.fork())).toEqual([first.port]);
  await pair.second.asRoot('set global read_only = 0');
  expect(await portsMeanwhile(() => reading.em.fork())).toEqual([first.port]);
});
