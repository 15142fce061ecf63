import { MikroORM } from '@mikro-orm/mysql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildApp } from '../../../src/api/app.ts';
import { readinessOf } from '../../../src/mysql/database.ts';
import { ormOptions } from '../../../src/entities/orm-options.ts';
import { freePort } from '../../support/processes/process.ts';
import { openTestApi, type TestApi } from '../../support/api/test-api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await openTestApi();
});
afterAll(() => api.close());

const ask = async (path: string) => {
  const answer = await api.send('GET', path);
  return [answer.status, await answer.json()];
};

describe('the probes', () => {
  it('say alive and ready', async () => {
    expect(await ask('/healthz')).toEqual([200, { status: 'ok' }]);
    expect(await ask('/readyz')).toEqual([200, { status: 'ready' }]);
  });

  it('say schema_behind while a migration has not run', async () => {
    const ran = await api.ctx.orm.migrator.getExecuted();
    const last = ran.at(-1)?.name ?? '';
    await api.ctx.orm.migrator.unlogMigration(last);
    expect(await ask('/readyz')).toEqual([503, { status: 'not ready', reason: 'schema_behind' }]);
    await api.ctx.orm.migrator.logMigration(last);
    expect(await ask('/readyz')).toEqual([200, { status: 'ready' }]);
  });

  it('say mysql_away, and alive still, while MySQL is away', async () => {
    const orm = await MikroORM.init(
      ormOptions(api.ctx.config, { hosts: [{ host: '127.0.0.1', port: await freePort() }] }),
    );
    const app = await buildApp(api.ctx, { ...api.parts, readiness: readinessOf({ orm }) });
    const answer = await app.request('/readyz');
    expect([answer.status, await answer.json()]).toEqual([503, { status: 'not ready', reason: 'mysql_away' }]);
    expect((await app.request('/healthz')).status).toBe(200);
    await orm.close(true);
  });

  it('say draining from the beginning of a shutdown on', async () => {
    api.parts.readiness.drain();
    expect(await ask('/readyz')).toEqual([503, { status: 'not ready', reason: 'draining' }]);
    expect(await ask('/healthz')).toEqual([200, { status: 'ok' }]);
  });
});
