import { randomUUIDv7 } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { needsDatabase } from '../../../src/api/http/admission.ts';
import { loadRoutes } from '../../../src/api/app.ts';
import { OutboxMessage } from '../../../src/entities/outbox.entity.ts';
import { until } from '../../support/processes/process.ts';
import { openTestApi, type TestApi } from '../../support/api/test-api.ts';
import { keepBusy } from '../../support/stores/keep-busy.ts';
import { problemOf } from '../../support/api/problem-of.ts';

let api: TestApi;
beforeAll(async () => {
  api = await openTestApi();
});
afterAll(() => api.close());

const order = () => api.send('POST', '/orders', { as: 'demo', body: { products: [1] } });

describe('when the database keeps people waiting', () => {
  it('newcomers are sent away at once, who is in goes on, and then all is as before', async () => {
    expect((await order()).status).toBe(201);
    // All twenty connections, and one order in the queue for them.
    const { mysqlHosts, MYSQL_USER: user, MYSQL_PASSWORD: password } = api.ctx.config;
    const [server = { host: '', port: 0 }] = mysqlHosts;
    const letGo = await keepBusy({ ...server, user, password }, () => api.ctx.orm.em.fork());
    const accepted = order();
    const answers: Response[] = [];
    const asked: Promise<unknown>[] = [];
    const refused = await until('a refusal', () => {
      asked.push(api.send('GET', '/products/1').then((answer) => answers.push(answer)));
      return answers.find(({ status }) => status === 503);
    });
    expect(await problemOf(refused)).toMatchObject({ code: 'overloaded' });
    expect(refused.headers.get('retry-after')).toBe('1');
    expect((await order()).status).toBe(503);
    const open = ['/auth/ping', '/healthz', '/docs', '/openapi.json', '/problems/overloaded', '/jobs/kinds'];
    const others = open.map(async (path) => [path, (await api.send('GET', path)).status] as const);
    expect(await Promise.all(others)).toEqual(open.map((path) => [path, 200]));
    await letGo();
    expect((await accepted).status).toBe(201);
    await Promise.all(asked);
    expect((await order()).status).toBe(201);
  });
});

describe('what keeps nobody out', () => {
  it('is a relay that lags', async () => {
    const at = new Date(Date.now() - 3_600_000);
    const row = {
      name: 'no-such-job',
      body: '{}',
      createdAt: at,
      leaseUntil: at,
    };
    const rows = Array.from({ length: 500 }, () => ({ ...row, id: randomUUIDv7() }));
    await api.ctx.orm.em.fork().insertMany(OutboxMessage, rows);
    expect((await order()).status).toBe(201);
  });
});

it('every route that looks at the database is behind the door, and no other', async () => {
  const open = (await loadRoutes()).filter((route) => !needsDatabase(route)).map(({ route }) => route.path);
  expect(open).toEqual(
    expect.arrayContaining(['/auth/ping', '/healthz', '/market/quote', '/docs', '/problems/{code}']),
  );
  for (const path of ['/orders', '/products', '/auth/login', '/users', '/payments/webhook', '/jobs/{id}'])
    expect(open).not.toContain(path);
});
