import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { changeOnBoard } from '../../src/api/audit.ts';
import { AuditEntry } from '../../src/entities/audit-entry.entity.ts';
import { pruneTokens } from '../../src/jobs/prune-tokens.job.ts';
import { until } from '../process.ts';
import { openTestApi, type TestApi } from '../test-context.ts';
import { problemOf } from './problem-of.ts';

let api: TestApi;
beforeAll(async () => {
  api = await openTestApi();
  await until('Redis is there', () => (api.ctx.redis.status === 'ready' ? true : undefined));
});
afterAll(() => api.close());

const entries = () => api.ctx.orm.em.fork().find(AuditEntry, {}, { orderBy: { id: 'asc' } });
const board = '/admin/queues/api/queues';

describe('every change on the board', () => {
  it('is an entry: who, what, which queue and job, when, and how it ended', async () => {
    const id = await api.ctx.producer.enqueue(pruneTokens, {});
    const changes = [
      ['PUT', '/upkeep/pause', 'PUT pause', 'upkeep', null, 200],
      ['PUT', '/upkeep/resume', 'PUT resume', 'upkeep', null, 200],
      ['PUT', '/upkeep/clean/completed', 'PUT clean/completed', 'upkeep', null, 200],
      ['PUT', `/upkeep/${id}/clean`, 'PUT clean', 'upkeep', id, 204],
      ['PUT', `/upkeep/${id}/retry`, 'PUT retry', 'upkeep', id, 404],
      ['PUT', '/no-such-queue/pause', 'PUT no-such-queue pause', null, null, 404],
    ] as const;
    for (const [method, path, , , , status] of changes)
      expect((await api.send(method, board + path, { as: 'admin' })).status, path).toBe(status);
    const rows = await entries();
    expect(rows.map(({ action, queue, jobId, status, userId }) => [action, queue, jobId, status, userId])).toEqual(
      changes.map(([, , action, queue, jobId, status]) => [action, queue, jobId, status, 2]),
    );
    for (const { at } of rows) expect(Math.abs(at.getTime() - Date.now())).toBeLessThan(60_000);
  });

  it('that is refused is none', async () => {
    const before = (await entries()).length;
    expect((await api.send('PUT', `${board}/upkeep/pause`, { as: 'demo' })).status).toBe(403);
    expect((await api.send('PUT', `${board}/upkeep/pause`)).status).toBe(401);
    expect((await api.send('GET', board, { as: 'admin' })).status).toBe(200);
    expect(await entries()).toHaveLength(before);
  });

  it('is not made when it cannot be written down', async () => {
    await api.ctx.orm.em.fork().execute('rename table audit_entries to audit_entries_away');
    expect((await api.send('PUT', `${board}/upkeep/pause`, { as: 'admin' })).status).toBe(500);
    expect(await api.ctx.producer.queues.get('upkeep')?.isPaused()).toBe(false);
    await api.ctx.orm.em.fork().execute('rename table audit_entries_away to audit_entries');
  });

  it('is read by administrators, newest first, page by page', async () => {
    const page = await (await api.send('GET', '/audit?limit=2', { as: 'admin' })).json();
    expect(page).toMatchObject({ data: [{ action: 'PUT no-such-queue pause' }, { action: 'PUT retry', status: 404 }] });
    expect((await problemOf(await api.send('GET', '/audit', { as: 'demo' }))).code).toBe('forbidden');
    expect((await problemOf(await api.send('GET', '/audit?cursor=x', { as: 'admin' }))).code).toBe('invalid');
  });
});

describe('a change', () => {
  const queues = new Set(['payments']);
  it.each([
    ['/pause', { action: 'PUT pause', queue: null, jobId: null }],
    ['/payments/empty', { action: 'PUT empty', queue: 'payments', jobId: null }],
    ['/payments/retry/failed', { action: 'PUT retry/failed', queue: 'payments', jobId: null }],
    ['/payments/rate-limit/release', { action: 'PUT rate-limit/release', queue: 'payments', jobId: null }],
    ['/payments/job-schedulers/x%3A1/run', { action: 'PUT job-schedulers/x:1/run', queue: 'payments', jobId: null }],
    ['/payments/repeat%3Ax%3A1/promote', { action: 'PUT promote', queue: 'payments', jobId: 'repeat:x:1' }],
    ['/payments/%E0%A4%A/promote', { action: 'PUT promote', queue: 'payments', jobId: '%E0%A4%A' }],
  ])('at %s is named', (path, change) => {
    expect(changeOnBoard('PUT', board + path, queues)).toEqual(change);
  });
});
