import { randomUUIDv7 } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { EventLog, EventLogEnd, EventVersion } from '../../src/entities/outbox.entity.ts';
import { endsOfStreams } from '../../src/outbox/event-log.ts';
import { numberEvents } from '../../src/outbox/number-events.ts';
import { missedSince } from '../../src/streams/history.ts';
import { appendEvents } from '../support/stores/append-events.ts';
import { readStream } from '../support/stores/stream-entries.ts';
import { openOutbox, type Outbox, parcelMoved } from '../support/stores/open-outbox.ts';

let outbox: Outbox;
beforeAll(async () => {
  outbox = await openOutbox();
});
afterAll(() => outbox.api.close());
beforeEach(() => outbox.empty());

const { stream } = parcelMoved;
const move = (parcel: string, step = 1) =>
  outbox.transaction(async (_tx, after) => after.publish(parcelMoved, parcel, { step }));
const announced = async () =>
  (await readStream(outbox.api.ctx.redis, 'parcels')).map(({ subject, version }) => `${subject} ${version}`);
const announce = () => outbox.relay().announce();
const entries = () => outbox.api.ctx.redis.xrange('parcels', '-', '+');
const gapAfter = async (id: string) => (await missedSince(outbox.api.ctx.redis, 'parcels', id, 500)).gap;

test('a lost stream is built again as it was, ids included, and what is committed meanwhile follows it', async () => {
  for (let step = 1; step <= 210; step += 1) {
    await move(`parcel-${step % 7}`, step);
    if (step % 30 === 0) await announce();
  }
  const before = await entries();
  expect(before).toHaveLength(210);
  await outbox.api.ctx.redis.flushdb();
  await move('parcel-1', 211);
  // A relay leaves a lost stream to the workers: what it would put there belongs behind what is lost.
  expect(await announce()).toBe(1);
  expect(await entries()).toEqual([]);
  await Promise.all([outbox.complete(), outbox.complete(), outbox.complete()]);
  const after = await entries();
  expect(after.slice(0, 210)).toEqual(before);
  expect((await announced()).slice(210)).toEqual(['parcel-1 31']);
  expect(await gapAfter('0-0')).toBeUndefined();
});

test('of a long log, as much is restored as streams may be long', async () => {
  const at = new Date('2026-11-22T10:00:00.000Z');
  const rows = Array.from({ length: 1_300 }, (_, index) => {
    const event = { stream: 'parcels', type: parcelMoved.type, version: 1, data: '{"step":1}', at };
    return { ...event, id: randomUUIDv7(), subject: `parcel-${index}`, position: 2 * index + 1, entryMs: at.getTime() };
  });
  await outbox.api.ctx.orm.em.fork().insertMany(EventLog, rows);
  await outbox.complete();
  const subjects = (await readStream(outbox.api.ctx.redis, 'parcels')).map(({ subject }) => subject);
  expect(subjects).toEqual(rows.slice(300).map(({ subject }) => subject));
  // Who has seen nothing yet is told that this is not all; who has seen its first event goes on.
  expect(await gapAfter('0-0')).toBe('trimmed');
  expect(await gapAfter((await entries())[0]?.[0] ?? '')).toBeUndefined();
});

test('the end that Redis has forgotten is appended again, under the ids that it had', async () => {
  for (let step = 1; step <= 5; step += 1) await move('parcel', step);
  await announce();
  const before = await entries();
  const { redis } = outbox.api.ctx;
  // A stream that was cut off at its end, as by a crash, is one that ends earlier.
  await redis.del('parcels');
  for (const [id, fields] of before.slice(0, 3)) await redis.xadd('parcels', id, ...fields);
  await redis.set('{parcels}:end', String((await outbox.log())[2]?.position));
  // A relay that has something to announce puts the rest there first.
  await move('parcel', 6);
  await announce();
  expect((await entries()).slice(0, 5)).toEqual(before);
  expect(await announced()).toHaveLength(6);
  await outbox.complete();
  expect(await announced()).toHaveLength(6);
});

test('a stream that another release has filled keeps its entries, and what it had not sent follows', async () => {
  const { orm, redis } = outbox.api.ctx;
  // It gave its entries ids by time, and its events positions before their commit, in steps of seven.
  const ids = await appendEvents(redis, stream, parcelMoved.type, 4);
  const at = new Date('2026-11-22T10:00:00.000Z');
  const old = (id: string, subject: string, position: number | null) => {
    const event = { stream: 'parcels', type: parcelMoved.type, version: 1, data: '{"step":1}', at };
    return { ...event, id, subject, position, entryMs: position === null ? null : 1_000 };
  };
  const rows = [3, 1, 2, 4].map((place, index) => old(ids[index] ?? '', `old-${index}`, 7 * place));
  await orm.em.fork().insertMany(EventLog, [...rows, old(randomUUIDv7(), 'unsent', null)]);
  await orm.em.fork().nativeUpdate(EventLogEnd, {}, { position: 28 });
  const before = await entries();
  await announce();
  await outbox.complete();
  expect((await entries()).slice(0, 4)).toEqual(before);
  expect((await announced()).slice(4)).toEqual(['unsent 1']);
  await move('next');
  await announce();
  expect((await announced()).slice(4)).toEqual(['unsent 1', 'next 1']);
  expect((await outbox.log()).map(({ position }) => position)).toEqual([7, 14, 21, 28, 29, 30]);
});

test('what others put into a stream stays there, and a stream that they have led into the future is built again', async () => {
  const { redis } = outbox.api.ctx;
  await move('first');
  await announce();
  await redis.xadd('parcels', '*', 'some', 'thing');
  await move('second');
  await announce();
  expect(await redis.xlen('parcels')).toBe(3);
  await redis.xadd('parcels', '9999999999999-0', 'some', 'thing');
  await move('third');
  await announce();
  await outbox.complete();
  await outbox.complete();
  expect(await announced()).toEqual(['first 1', 'second 1', 'third 1']);
});

test('giving a position, and asking where streams end, looks at the end of a log, however long it is', async () => {
  const { orm } = outbox.api.ctx;
  const at = new Date('2026-11-22T10:00:00.000Z');
  const rows = Array.from({ length: 3_000 }, (_, index) => {
    const event = { stream: 'parcels', type: parcelMoved.type, version: 1, data: '{"step":1}', at, entryMs: 1 };
    return { ...event, id: randomUUIDv7(), subject: `parcel-${index}`, position: index + 1 };
  });
  await orm.em.fork().insertMany(EventLog, rows);
  await orm.em.fork().nativeUpdate(EventLogEnd, {}, { position: rows.length });
  await orm.em.fork().execute('analyze table event_log');
  await move('last');
  const read = await orm.em.fork().transactional(async (tx) => {
    const rowsRead = async () => {
      const counts = await tx.execute<{ Value: string }[]>("show session status like 'Handler_read%'");
      return counts.reduce((sum, { Value: count }) => sum + Number(count), 0);
    };
    const before = await rowsRead();
    expect(await numberEvents({ em: tx, streams: ['parcels'], now: new Date() })).toMatchObject({
      events: [{ position: 3_001, previous: 3_000 }],
    });
    expect(await endsOfStreams(tx)).toEqual(new Map([['parcels', 3_001]]));
    return (await rowsRead()) - before;
  });
  expect(read).toBeLessThan(100);
});

const moveAll = (...parcels: readonly string[]) =>
  outbox.transaction(async (_tx, after) => {
    for (const parcel of parcels) after.publish(parcelMoved, parcel, { step: 1 });
  });
const subjects = async () => (await announced()).map((one) => one.split(' ')[0]);

test('events of one transaction are announced in the order in which they were written, whatever their versions', async () => {
  for (let step = 1; step <= 5; step += 1) await move('often', step);
  await announce();
  const written = ['new-1', 'often', 'new-2', ...Array.from({ length: 60 }, (_, index) => `many-${index}`), 'often'];
  await moveAll(...written);
  await announce();
  expect((await subjects()).slice(5)).toEqual(written);
});

test('and of one that is larger than what is numbered at once', async () => {
  for (let step = 1; step <= 5; step += 1) await move('often', step);
  const written = [...Array.from({ length: 700 }, (_, index) => `many-${index}`), 'often', 'last'];
  await moveAll(...written);
  await announce();
  expect((await subjects()).slice(5)).toEqual(written);
});

test('versions come in their order where the clock of who wrote the later one was behind', async () => {
  const at = new Date('2026-11-22T10:00:00.000Z');
  const event = { stream: 'parcels', type: parcelMoved.type, data: '{"step":1}', at };
  // A UUIDv7 begins with the time: the second versions are ids of an hour before, and more than are numbered at once.
  const id = (ms: number, index: number) =>
    `${ms
      .toString(16)
      .padStart(12, '0')
      .replace(/^(.{8})/, '$1-')}-7000-8000-${String(index).padStart(12, '0')}`;
  const rows = Array.from({ length: 510 }, (_, index) => [
    { ...event, id: id(at.getTime(), index), subject: `parcel-${index}`, version: 1 },
    { ...event, id: id(at.getTime() - 3_600_000, index), subject: `parcel-${index}`, version: 2 },
  ]).flat();
  await outbox.api.ctx.orm.em.fork().insertMany(EventLog, rows);
  expect(await announce()).toBe(1_020);
  const versions = Map.groupBy(await announced(), (one) => one.split(' ')[0]);
  expect(versions.size).toBeGreaterThan(250);
  for (const [parcel, some] of versions) if (some.length === 2) expect(some).toEqual([`${parcel} 1`, `${parcel} 2`]);
  const log = await outbox.log();
  for (const parcel of ['parcel-0', 'parcel-509'])
    expect(log.filter(({ subject }) => subject === parcel).map(({ version }) => version)).toEqual([1, 2]);
});

/** What a replica has of ten events that lacked the last five when it became the server. */
async function loseTail(): Promise<void> {
  for (let step = 1; step <= 10; step += 1) await move(`kept-${step}`);
  await announce();
  const em = outbox.api.ctx.orm.em.fork();
  const lost = (await outbox.log()).slice(5);
  await em.nativeDelete(EventLog, { id: { $in: lost.map(({ id }) => id) } });
  await em.nativeDelete(EventVersion, { subject: { $in: lost.map(({ subject }) => subject) } });
  await em.nativeUpdate(EventLogEnd, {}, { position: 5 });
}

const kept = ['kept-1', 'kept-2', 'kept-3', 'kept-4', 'kept-5'];

test('a stream that holds events which the log has lost is built again from what the log has', async () => {
  await loseTail();
  await outbox.complete();
  expect(await subjects()).toEqual(kept);
});

test.each([3, 5, 8])(
  'and nothing is passed over of the next %i, which bear positions that were given before',
  async (count) => {
    await loseTail();
    const next = Array.from({ length: count }, (_, index) => `next-${index}`);
    for (const parcel of next) {
      await move(parcel);
      await announce();
    }
    await outbox.complete();
    expect(await subjects()).toEqual([...kept, ...next]);
  },
);

test('a stream whose first events have been deleted from the log is known to lack its beginning', async () => {
  for (let step = 1; step <= 3; step += 1) await move('parcel', step);
  await announce();
  await outbox.api.ctx.orm.em.fork().nativeDelete(EventLog, { version: 1 });
  await outbox.api.ctx.redis.flushdb();
  await outbox.complete();
  expect(await announced()).toEqual(['parcel 2', 'parcel 3']);
  expect(await gapAfter('0-0')).toBe('trimmed');
});
