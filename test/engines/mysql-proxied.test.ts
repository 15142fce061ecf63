import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { MikroORM } from '@mikro-orm/mysql';
import { expect, onTestFinished, test } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { ormOptions } from '../../src/entities/orm-options.ts';
import { startMysqlPair } from '../support/engines/mysql-pair.ts';
import { until } from '../support/processes/process.ts';
import { ownData } from '../support/stores/servers.ts';
import { sendsOf } from '../support/stores/statements.ts';

/** A way to whichever server it is told; connections that there are stay where they lead to. */
async function openWay(first: number) {
  let target = first;
  const server = createServer((client) => {
    const upstream = connect(target, '127.0.0.1');
    client.on('error', () => {}).on('close', () => upstream.destroy());
    upstream.on('error', () => {}).on('close', () => client.destroy());
    client.pipe(upstream).pipe(client);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the way has no port');
  return {
    port: address.port,
    close: () => void server.close(),
    leadTo: (port: number) => {
      target = port;
    },
  };
}

test('a statement at one server is not ended because another, behind the same proxy, has no thread of that number', async () => {
  const pair = await startMysqlPair();
  onTestFinished(() => pair.stop());
  const portOf = (server: typeof pair.first) => Number(server.env['MYSQL_PORT']);
  const way = await openWay(portOf(pair.first));
  onTestFinished(() => way.close());
  const env = { ...(await ownData()), ...pair.env, MYSQL_HOST: '127.0.0.1', MYSQL_PORT: String(way.port) };
  const orm = await MikroORM.init(ormOptions(readConfig(env)));
  onTestFinished(() => orm.close(true));

  let isOver = false;
  const slow = orm.em
    .fork()
    .execute('select sleep(3600) as slept')
    .catch(() => 'ended')
    .finally(() => {
      isOver = true;
    });
  const its = "from information_schema.processlist where info = 'select sleep(3600) as slept'";
  await until('it is under way', async () => {
    const [row] = await pair.first.asRoot(`select count(*) as found ${its}`);
    return Number(row?.['found']) > 0 || undefined;
  });
  way.leadTo(portOf(pair.second));
  await sendsOf((heard) =>
    until('it has been asked about', async () => {
      return heard.filter((one) => one.includes('information_schema.processlist')).length > 2 || undefined;
    }),
  );
  expect(isOver).toBe(false);
  const [thread] = await pair.first.asRoot(`select id as id ${its}`);
  await pair.first.asRoot(`kill connection ${Number(thread?.['id'])}`);
  expect(await slow).toBe('ended');
});
