import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { impatientRedis } from '../../src/redis/connection.ts';
import { append, endOfStream } from '../../src/streams/append.ts';
import { freePort, until } from '../support/processes/process.ts';
import { statementsOf } from '../support/stores/statements.ts';
import { readStream } from '../support/stores/stream-entries.ts';
import {
  letterSent,
  noteJobs,
  openOutbox,
  type Outbox,
  parcelMoved,
  weighParcel,
} from '../support/stores/open-outbox.ts';

let outbox: Outbox;
beforeAll(async () => {
  outbox = await openOutbox();
});
afterAll(() => outbox.api.close());
beforeEach(() => outbox.empty());

const move = (parcel: string, ...steps: number[]) =>
  outbox.transaction(async (_tx, after) => {
    for (const step of steps) after.publish(parcelMoved, parcel, { step });
  });
const announced = async () =>
  (await readStream(outbox.api.ctx.redis, 'parcels')).map(({ subject, version }) => `${subject} ${version}`);
const positions = async () =>
  (await outbox.log()).map(({ subject, version, position }) => `${subject} ${version} ${position}`);
/** The jobs, with leases that no standing still of the machine ends. */
const leased = async () => {
  const leaseUntil = new Date(Date.now() + 3_600_000);
  return (await outbox.jobs()).map((job) => ({ ...job, leaseUntil }));
};
const committed = async () => ({ jobs: await leased(), events: await outbox.events() });
const redisAway = async () => {
  const redis = new Redis({ ...impatientRedis(outbox.api.ctx.config), port: await freePort() });
  redis.on('error', () => {});
  return redis;
};

test('events go to their streams, jobs to their queues, and what has gone is marked and deleted', async () => {
  await outbox.transaction(async (_tx, after) => {
    after.enqueue(weighParcel, { parcel: 'first' });
    after.publish(parcelMoved, 'first', { step: 7 });
    after.publish(letterSent, 'second', { step: 8 });
  });
  const { producer, added } = noteJobs();
  const jobs = await leased();
  const relay = outbox.relay({ producer });
  relay.notify({ jobs, events: await outbox.events() });
  await relay.idle();
  expect(added).toMatchObject([{ id: jobs[0]?.id, payload: { parcel: 'first' } }]);
  expect(await outbox.rows()).toEqual([]);
  const [first, second] = (await outbox.log()).toSorted((one, other) => one.subject.localeCompare(other.subject));
  const told = { type: 'parcel.moved', version: '1', schema: '1', subject: 'first', data: '{"step":7}' };
  expect(await readStream(outbox.api.ctx.redis, 'parcels')).toMatchObject([{ ...told, id: first?.id }]);
  expect(await readStream(outbox.api.ctx.redis, 'letters')).toMatchObject([{ subject: 'second' }]);
  expect(new Set([first?.position, second?.position])).toEqual(new Set([1, 2]));
  // The entry is where the log says that it is.
  const [[id] = []] = await outbox.api.ctx.redis.xrange('parcels', '-', '+');
  expect(id).toBe(`${first?.entryMs}-${first?.position}`);
});

test('whoever announces tells what others have committed, in the order of versions, and others find nothing left', async () => {
  await move('one', 1, 2);
  await move('other', 1);
  await move('one', 3);
  const counts = await Promise.all(Array.from({ length: 4 }, () => outbox.relay().announce()));
  expect(counts.reduce((sum, count) => sum + count)).toBe(4);
  expect((await announced()).filter((told) => told.startsWith('one'))).toEqual(['one 1', 'one 2', 'one 3']);
  expect(await announced()).toHaveLength(4);
  expect((await outbox.log()).map(({ position }) => position)).toEqual([1, 2, 3, 4]);
});

test('a transaction that is held open holds back nobody, and its events get the positions of their commit', async () => {
  const isHeld = Promise.withResolvers<void>();
  const mayEnd = Promise.withResolvers<void>();
  const { ctx } = outbox.api;
  const holding = ctx.orm.em.fork().transactional(async (tx) => {
    await tx.execute(
      `insert into event_log (id, stream, type, subject, version, data, at)
       values ('00000000-0000-7000-8000-000000000000', 'parcels', 'parcel.moved', 'held', 1, '{"step":1}', now(3))`,
    );
    isHeld.resolve();
    await mayEnd.promise;
  });
  await isHeld.promise;
  await move('free', 1);
  expect(await outbox.relay().announce()).toBe(1);
  expect(await announced()).toEqual(['free 1']);
  mayEnd.resolve();
  await holding;
  expect(await outbox.relay().announce()).toBe(1);
  expect(await announced()).toEqual(['free 1', 'held 1']);
  expect(await positions()).toEqual(['free 1 1', 'held 1 2']);
});

test('what another process has numbered and not appended goes first', async () => {
  await move('first', 1);
  await outbox.relay().announce();
  await move('lost-on-the-way', 1);
  const redis = await redisAway();
  await expect(outbox.relay({ redis }).announce()).rejects.toThrow();
  redis.disconnect();
  await move('next', 1);
  await outbox.relay().announce();
  expect(await announced()).toEqual(['first 1', 'lost-on-the-way 1', 'next 1']);
});

test('what has been appended is passed over, and what does not follow is refused', async () => {
  const { redis } = outbox.api.ctx;
  const { stream } = parcelMoved;
  const event = (position: number) => {
    const about = { stream: stream.name, type: 'parcel.moved', subject: 'old', version: position, schema: 1 };
    return { ...about, position, entryMs: 1_000, id: `e${position}`, time: 'now', data: '{}', trace: null };
  };
  expect(await append(redis, stream, 5, [event(6)])).toBeUndefined();
  expect(await endOfStream(redis, stream)).toBeUndefined();
  expect(await append(redis, stream, undefined, [event(4), event(5)])).toBe(5);
  expect(await append(redis, stream, undefined, [event(4), event(5)])).toBe(5);
  expect(await append(redis, stream, 4, [event(5), event(7)])).toBe(7);
  expect(await append(redis, stream, 8, [event(9)])).toBeUndefined();
  expect(await announced()).toEqual(['old 4', 'old 5', 'old 7']);
  expect(await endOfStream(redis, stream)).toBe(7);
});

test('a job that is not defined here stays, and blocks nobody; an event goes as it was written', async () => {
  await outbox.transaction(async (_tx, after) => {
    after.publish({ ...parcelMoved, type: 'parcel.lost', schema: 3 }, 'unknown', { step: 1 });
    after.enqueue({ ...weighParcel, kind: 'melt-parcel' }, { parcel: 'unknown' });
    after.publish({ ...parcelMoved, stream: { ...parcelMoved.stream, name: 'elsewhere' } }, 'unknown', { step: 1 });
    after.publish(parcelMoved, 'known', { step: 1 });
    after.enqueue(weighParcel, { parcel: 'known' });
  });
  const { producer, added } = noteJobs();
  const relay = outbox.relay({ producer });
  expect([await relay.announce(), await relay.send(await outbox.jobs())]).toEqual([3, 1]);
  await relay.idle();
  const told = await readStream(outbox.api.ctx.redis, 'parcels');
  expect(told.map(({ subject, schema }) => `${subject} ${schema}`).toSorted()).toEqual(['known 1', 'unknown 3']);
  expect(added.map(({ payload }) => payload)).toEqual([{ parcel: 'known' }]);
  expect((await outbox.rows()).map(({ name }) => name)).toEqual(['melt-parcel']);
});

test('while Redis is away jobs stay and events get their positions, and the relay says nothing to who committed', async () => {
  await outbox.transaction(async (_tx, after) => {
    after.publish(parcelMoved, 'away', { step: 1 });
    after.enqueue(weighParcel, { parcel: 'away' });
  });
  const redis = await redisAway();
  const { producer } = noteJobs(async () => {
    throw new Error('Redis is away');
  });
  const relay = outbox.relay({ redis, producer });
  relay.notify(await committed());
  await relay.idle();
  redis.disconnect();
  expect(await outbox.rows()).toHaveLength(1);
  expect(await positions()).toEqual(['away 1 1']);
  await outbox.complete();
  expect(await announced()).toEqual(['away 1']);
});

test('a relay leaves to the sweep what its lease is too short for', async () => {
  await outbox.transaction(async (_tx, after) => void after.enqueue(weighParcel, { parcel: 'short' }));
  const { producer, added } = noteJobs();
  const soon = new Date(Date.now() + 2_000);
  const relay = outbox.relay({ producer });
  relay.notify({ jobs: (await outbox.jobs()).map((job) => ({ ...job, leaseUntil: soon })), events: [] });
  await relay.idle();
  expect(added).toEqual([]);
  relay.notify(await committed());
  await relay.idle();
  expect(added).toHaveLength(1);
});

test('a key of Redis that is no stream holds back its own events alone: other streams and all jobs go on', async () => {
  const { redis } = outbox.api.ctx;
  await redis.set('parcels', 'no stream');
  await outbox.transaction(async (_tx, after) => {
    after.publish(parcelMoved, 'held', { step: 1 });
    after.publish(letterSent, 'free', { step: 1 });
    after.enqueue(weighParcel, { parcel: 'held' });
  });
  const { producer, added } = noteJobs();
  const relay = outbox.relay({ producer });
  relay.notify(await committed());
  await relay.idle();
  expect(added.map(({ payload }) => payload)).toEqual([{ parcel: 'held' }]);
  expect((await readStream(redis, 'letters')).map(({ subject }) => subject)).toEqual(['free']);
  await redis.del('parcels');
  await outbox.complete();
  expect(await announced()).toEqual(['held 1']);
});

test('messages of jobs that have been sent are deleted together', async () => {
  await outbox.transaction(async (_tx, after) => void after.enqueue(weighParcel, { parcel: 'first' }));
  await outbox.transaction(async (_tx, after) => void after.enqueue(weighParcel, { parcel: 'second' }));
  const { producer } = noteJobs();
  const relay = outbox.relay({ producer });
  const heard = await statementsOf(async () => {
    for (const job of await outbox.jobs()) await relay.send([job]);
    await relay.idle();
  });
  expect(heard.filter((one) => one.startsWith('delete'))).toHaveLength(1);
  expect(await outbox.rows()).toEqual([]);
  // Without anybody who waits for it, too.
  await outbox.transaction(async (_tx, after) => void after.enqueue(weighParcel, { parcel: 'third' }));
  await relay.send(await outbox.jobs());
  await until('deleted', async () => ((await outbox.rows()).length === 0 ? true : undefined));
});
