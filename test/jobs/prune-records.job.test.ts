import { randomUUIDv7 } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { EventLog } from '../../src/entities/event-log.entity.ts';
import { IdempotencyKey } from '../../src/entities/idempotency-key.entity.ts';
import { pruneRecords } from '../../src/jobs/prune-records.job.ts';
import { performJob } from '../perform-job.ts';
import { openTestApi, type TestApi } from '../test-context.ts';

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
    { ...event, id: randomUUIDv7(), stream: 'market', version: 1, at: hoursAgo(8 * 24) },
    { ...event, id: randomUUIDv7(), stream: 'market', version: 2, at: hoursAgo(6 * 24) },
    { ...event, id: randomUUIDv7(), stream: 'orders', version: 1, at: hoursAgo(900 * 24) },
  ];
  await em().insertMany(EventLog, events);
  expect(await prune()).toEqual({ deleted: 2 });
  expect((await em().find(IdempotencyKey, {})).map(({ key }) => key)).toEqual(['kept']);
  expect((await em().find(EventLog, {}, { orderBy: { position: 'asc' } })).map(({ id }) => id)).toEqual(
    events.slice(1).map(({ id }) => id),
  );
  expect(await prune()).toEqual({ deleted: 0 });
});

test('stops where it is when its time is up', async () => {
  const attempt = { id: 'a', payload: {}, askedAtMs: 0, signal: AbortSignal.abort() };
  expect(await pruneRecords.work(attempt, api.ctx)).toEqual({ deleted: 0 });
});
