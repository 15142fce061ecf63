import type { EntityManager } from '@mikro-orm/mysql';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readingEm } from '../../src/mysql/reading.ts';
import { problemOf } from '../support/api/problem-of.ts';
import { openTestApi, type TestApi } from '../support/api/test-api.ts';
import { type MysqlPair, startMysqlPair } from '../support/engines/mysql-pair.ts';
import { keepBusy } from '../support/stores/keep-busy.ts';
import { until } from '../support/processes/process.ts';

let pair: MysqlPair;
let api: TestApi;
beforeAll(async () => {
  pair = await startMysqlPair();
  api = await openTestApi({ ...pair.env, MYSQL_READ_HOST: `127.0.0.1:${pair.second.env['MYSQL_PORT']}` });
});
afterAll(async () => {
  await api.close();
  await pair.stop();
});

const order = () => api.send('POST', '/orders', { as: 'demo', body: { products: [1] } });

/** Keeps all twenty connections of a pool to the second server busy, and asks until there is a refusal; `rest` ends that. */
async function refusalOf(em: () => EntityManager, ask: () => Promise<Response>) {
  const { MYSQL_USER: user = '', MYSQL_PASSWORD: password = '' } = pair.env;
  const port = Number(pair.second.env['MYSQL_PORT']);
  const letGo = await keepBusy({ host: '127.0.0.1', port, user, password }, em);
  const answers: Response[] = [];
  const asked: Promise<unknown>[] = [];
  const refused = await until('a refusal', () => {
    asked.push(ask().then((answer) => answers.push(answer)));
    return answers.find(({ status }) => status !== 200);
  });
  const rest = async () => {
    await letGo();
    await Promise.all(asked);
  };
  return { refused, rest };
}

test('readers who crowd the replica are refused there, and orders are taken as ever', async () => {
  expect((await order()).status).toBe(201);
  await pair.inStep();
  const list = () => api.send('GET', '/orders', { as: 'demo' });
  const { refused, rest } = await refusalOf(() => readingEm(api.ctx.orm), list);
  expect(await problemOf(refused)).toMatchObject({ code: 'overloaded' });
  expect((await order()).status).toBe(201);
  await rest();
  expect((await list()).status).toBe(200);
});

test('an API that has gone over to another server refuses newcomers who would wait there', async () => {
  await pair.first.asRoot('set global read_only = 1');
  await pair.inStep();
  await pair.promote();
  await until('an order is taken', async () => ((await order()).status === 201 ? true : undefined));
  const { refused, rest } = await refusalOf(
    () => api.ctx.orm.em.fork(),
    () => api.send('GET', '/products/1'),
  );
  expect(await problemOf(refused)).toMatchObject({ code: 'overloaded' });
  await rest();
  expect((await order()).status).toBe(201);
});
