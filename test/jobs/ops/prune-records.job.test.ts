import { randomUUIDv7 } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AuditEntry, BudgetMinute, IdempotencyKey, QueueMinute } from '../../../src/entities/ops.entity.ts';
import { EventLog } from '../../../src/entities/outbox.entity.ts';
import { pruneRecords } from '../../../src/jobs/ops/prune-records.job.ts';
import { performJob } from '../../support/api/perform-job.ts';
import { openTestApi, type TestApi } from '../../support/api/test-api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await openTestApi();
});
afterAll(() => api.close());

const hoursAgo = (hours: number) => new Date(Date.now() - hours * 3_600_000);
const em = () => api.ctx.orm.em.fork();
const prune = () => performJob(pruneRecords, {}, api.ctx);

test('deletes answers after three days and market events after a week, keeps every other event, and then finds nothing', async () => {
  const answer = { userId: 1, fingerprint: 'f', status: 201, location: null, body: '{}' };
  await em().insert(IdempotencyKey, { ...answer, key: 'old', createdAt: hoursAgo(75) });
  await em().insert(IdempotencyKey, { ...answer, key: 'kept', createdAt: hoursAgo(73) });
  const event = { type: 'any', subject: 's', data: '{}' };
  const events = [
    { ...event, id: randomUUIDv7(), stream: 'market', version: 1, position: 1, at: hoursAgo(8 * 24) },
    { ...event, id: randomUUIDv7(), stream: 'market', version: 2, position: 2, at: hoursAgo(6 * 24) },
    { ...event, id: randomUUIDv7(), stream: 'orders', version: 1, position: 3, at: hoursAgo(900 * 24) },
  ];
  await em().insertMany(EventLog, events);
  expect(await prune()).toEqual({ deleted: 2 });
  expect((await em().find(IdempotencyKey, {})).map(({ key }) => key)).toEqual(['kept']);
  expect((await em().find(EventLog, {}, { orderBy: { position: 'asc' } })).map(({ id }) => id)).toEqual(
    events.slice(1).map(({ id }) => id),
  );
  expect(await prune()).toEqual({ deleted: 0 });
});

test('deletes what was refused after ninety days, and keeps for ever what was done', async () => {
  const entry = { action: 'login', requestId: randomUUIDv7(), at: hoursAgo(91 * 24) };
  const refused = { ...entry, status: 401, code: 'bad_credentials' };
  await em().insert(AuditEntry, { ...refused, id: randomUUIDv7() });
  const kept = [
    { ...refused, id: randomUUIDv7(), at: hoursAgo(89 * 24) },
    { ...entry, id: randomUUIDv7(), status: 200 },
    { ...entry, id: randomUUIDv7(), status: 404 },
  ];
  for (const each of kept) await em().insert(AuditEntry, each);
  expect(await prune()).toEqual({ deleted: 1 });
  const left = await em().find(AuditEntry, {});
  expect(left.map(({ id }) => id).toSorted()).toEqual(kept.map(({ id }) => id).toSorted());
});

test('keeps how a change ended that failed, as it keeps that it was about to be made', async () => {
  await em().nativeDelete(AuditEntry, {});
  const moved = { action: 'retryJob', requestId: randomUUIDv7(), at: hoursAgo(91 * 24) };
  const kept = [
    { ...moved, id: randomUUIDv7(), status: null },
    { ...moved, id: randomUUIDv7(), status: 409, code: 'job_moved' },
    { ...moved, id: randomUUIDv7(), status: 429, code: 'too_many_requests' },
  ];
  const gone = [
    { ...moved, id: randomUUIDv7(), status: 403, code: 'forbidden' },
    { ...moved, id: randomUUIDv7(), status: 429, code: 'too_many_requests', action: 'login' },
  ];
  for (const each of [...kept, ...gone]) await em().insert(AuditEntry, each);
  expect(await prune()).toEqual({ deleted: gone.length });
  const left = await em().find(AuditEntry, {});
  expect(left.map(({ id }) => id).toSorted()).toEqual(kept.map(({ id }) => id).toSorted());
});

test('deletes histories of queues after eight days', async () => {
  const row = { queue: 'payments', length: 3, done: 1, failed: 0 };
  await em().insertMany(QueueMinute, [
    { ...row, minute: hoursAgo(8 * 24 + 1) },
    { ...row, minute: hoursAgo(8 * 24 - 1) },
  ]);
  expect(await prune()).toEqual({ deleted: 1 });
  expect(await em().count(QueueMinute, {})).toBe(1);
});

test('deletes what was used of the plan after two days', async () => {
  const row = { lane: 'watchlist', calls: 1 };
  await em().insertMany(BudgetMinute, [
    { ...row, minute: hoursAgo(49) },
    { ...row, minute: hoursAgo(47) },
  ]);
  expect(await prune()).toEqual({ deleted: 1 });
  expect(await em().count(BudgetMinute, {})).toBe(1);
});

test('stops where it is when its time is up', async () => {
  const attempt = { id: 'a', payload: {}, askedAtMs: 0, signal: AbortSignal.abort(), report() {} };
  expect(await pruneRecords.work(attempt, api.ctx)).toEqual({ deleted: 0 });
});
