import { randomUUIDv7 } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { EventLog, OutboxMessage } from '../../src/entities/outbox.entity.ts';
import { restoreStream } from '../../src/outbox/restore-stream.ts';
import { readStream } from '../support/stores/stream-entries.ts';
import { openOutbox, type Outbox, parcelMoved } from '../support/stores/open-outbox.ts';
import { patienceMs } from '../support/processes/process.ts';

let outbox: Outbox;
beforeAll(async () => {
  outbox = await openOutbox();
});
afterAll(() => outbox.api.close());
beforeEach(() => outbox.empty());

const move = (parcel: string, step: number) =>
  outbox.transaction(async (_tx, after) => after.publish(parcelMoved, parcel, { step }));
const announced = async () =>
  (await readStream(outbox.api.ctx.redis, 'parcels')).map(
    ({ subject, version, data }) => `${subject} ${version} ${data}`,
  );
const send = async (relay = outbox.relay()) => relay.send(await outbox.messages());

test('a lost stream is built again from the log, whole and in order, before anything follows', async () => {
  for (let step = 1; step <= 210; step += 1) await move(`parcel-${step % 7}`, step);
  await send();
  const before = await readStream(outbox.api.ctx.redis, 'parcels');
  expect(before).toHaveLength(210);

  await outbox.api.ctx.redis.flushdb();
  await move('parcel-1', 211);
  // Several relays meet the loss at once; one restores, and nothing is there twice.
  await Promise.all([send(), send(), send()]);
  const after = await readStream(outbox.api.ctx.redis, 'parcels');
  // Whole, and in order per subject; two subjects in one millisecond have no order between them.
  const bySubject = (events: typeof before) => Map.groupBy(events, ({ subject }) => subject);
  expect(bySubject(after.slice(0, 210))).toEqual(bySubject(before));
  expect(after).toHaveLength(211);
  expect(after.at(-1)).toMatchObject({ subject: 'parcel-1', version: '31', data: '{"step":211}' });
});

test('of a long log, as much is restored as streams may be long', async () => {
  const at = new Date('2026-11-22T10:00:00.000Z');
  const rows = Array.from({ length: 1_300 }, (_, index) => {
    const event = { stream: 'parcels', type: parcelMoved.type, version: 1, data: '{"step":1}', at };
    return { ...event, id: randomUUIDv7(), subject: `parcel-${index}` };
  });
  const { ctx } = outbox.api;
  await ctx.orm.em.fork().insertMany(EventLog, rows);
  await ctx.redis.flushdb();
  await restoreStream(outbox.restoring(), parcelMoved.stream, AbortSignal.timeout(patienceMs));
  const entries = await readStream(ctx.redis, 'parcels');
  expect(entries.map(({ subject }) => subject)).toEqual(rows.slice(300).map(({ subject }) => subject));
});

test('events that had not left when the stream was lost are in it once', async () => {
  await move('waiting', 1);
  await send();
  await move('waiting', 2);
  await outbox.api.ctx.redis.flushdb();
  await move('waiting', 3);
  await send();
  expect(await announced()).toEqual(['waiting 1 {"step":1}', 'waiting 2 {"step":2}', 'waiting 3 {"step":3}']);
  expect(await outbox.rows()).toEqual([]);
});

test('an event that left the outbox while its stream was restored is in the stream', async () => {
  await move('on-its-way', 1);
  // What its relay had appended is lost, and deleting its row is all that is left to the relay.
  await outbox.api.ctx.redis.flushdb();
  await restoreStream(outbox.restoring(), parcelMoved.stream, AbortSignal.timeout(patienceMs));
  await outbox.api.ctx.orm.em.fork().nativeDelete(OutboxMessage, {});
  await move('on-its-way', 2);
  await send();
  expect(await announced()).toEqual(['on-its-way 1 {"step":1}', 'on-its-way 2 {"step":2}']);
});

test('versions stay in order when their rows leave the outbox between two looks at it', async () => {
  const { ctx } = outbox.api;
  await move('split', 1);
  for (let step = 1; step <= 499; step += 1) await move('others', step);
  await move('split', 2);
  await ctx.redis.flushdb();
  // The relay's deletion comes when the first 500 events of the log have been written, and the last has not been read.
  const pipeline = () => {
    const commands = ctx.redis.pipeline();
    const exec = async () => {
      await ctx.orm.em.fork().nativeDelete(OutboxMessage, {});
      return commands.exec();
    };
    return new Proxy(commands, { get: (of, name): unknown => (name === 'exec' ? exec : Reflect.get(of, name)) });
  };
  const redis = new Proxy(ctx.redis, {
    get: (of, name): unknown => (name === 'pipeline' ? pipeline : Reflect.get(of, name)),
  });
  await restoreStream({ ...outbox.restoring(), redis }, parcelMoved.stream, AbortSignal.timeout(patienceMs));
  const entries = await announced();
  expect(entries).toHaveLength(501);
  expect(entries.filter((entry) => entry.startsWith('split'))).toEqual(['split 1 {"step":1}', 'split 2 {"step":2}']);
});

test('a stream that is there without its mark is left as it is', async () => {
  await move('kept', 1);
  await send();
  await outbox.api.ctx.redis.del('{parcels}:whole');
  await outbox.api.ctx.redis.xadd('parcels', '*', 'id', 'foreign');
  const stream = parcelMoved.stream;
  const { ctx } = outbox.api;
  await restoreStream({ ...ctx, definitions: { ...ctx.jobs.definitions } }, stream, AbortSignal.timeout(1_000));
  expect(await ctx.redis.xlen('parcels')).toBe(2);
});

test('while another process restores, jobs go on and events wait for the sweep', async () => {
  await move('held', 1);
  await outbox.api.ctx.redis.flushdb();
  await outbox.api.ctx.redis.set('{parcels}:restoring', 'another', 'PX', 5_000);
  expect(await send()).toBe(0);
  expect(await outbox.rows()).toHaveLength(1);
  await outbox.api.ctx.redis.del('{parcels}:restoring');
  expect(await send()).toBe(1);
  expect(await announced()).toEqual(['held 1 {"step":1}']);
});
