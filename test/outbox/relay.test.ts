import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { Redis } from 'ioredis';
import { impatientRedis } from '../../src/redis/connection.ts';
import { append } from '../../src/streams/append.ts';
import { freePort } from '../support/processes/process.ts';
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

test('events go out before jobs, and what has gone is deleted', async () => {
  await outbox.transaction(async (_tx, after) => {
    after.enqueue(weighParcel, { parcel: 'first' });
    after.publish(parcelMoved, 'first', { step: 7 });
  });
  let announcedBefore: string[] = [];
  let leftBefore: string[] = [];
  const { producer, added } = noteJobs(async () => {
    announcedBefore = await announced();
    leftBefore = (await outbox.rows()).map(({ name }) => name);
  });
  const messages = await outbox.messages();
  expect(await outbox.relay({ producer }).send(messages)).toBe(2);
  expect(announcedBefore).toEqual(['first 1']);
  // An event that the job causes must not find the earlier one still here, or it would wait for a sweep.
  expect(leftBefore).toEqual(['weigh-parcel']);
  expect(added).toMatchObject([{ id: messages[1]?.id, payload: { parcel: 'first' } }]);
  expect(await outbox.rows()).toEqual([]);
  expect(await readStream(outbox.api.ctx.redis, 'parcels')).toMatchObject([
    { id: messages[0]?.id, type: 'parcel.moved', version: '1', schema: '1', subject: 'first', data: '{"step":7}' },
  ]);
});

test('a later event waits for an earlier one that has not gone yet, and others do not wait for it', async () => {
  await move('late', 1);
  await move('late', 2);
  await move('other', 1);
  const [first, other, second] = await outbox
    .messages()
    .then((all) => [
      all.filter(({ subject, version }) => subject === 'late' && version === 1),
      all.filter(({ subject }) => subject === 'other'),
      all.filter(({ subject, version }) => subject === 'late' && version === 2),
    ]);
  const relay = outbox.relay();
  expect(await relay.send([...(second ?? []), ...(other ?? [])])).toBe(1);
  expect(await announced()).toEqual(['other 1']);
  expect(await relay.send(first ?? [])).toBe(1);
  expect(await relay.send(second ?? [])).toBe(1);
  expect(await announced()).toEqual(['other 1', 'late 1', 'late 2']);
});

test('events of one subject that go out together are in order, however they were handed over', async () => {
  await move('shuffled', 1, 2, 3);
  await outbox.relay().send((await outbox.messages()).toReversed());
  expect(await announced()).toEqual(['shuffled 1', 'shuffled 2', 'shuffled 3']);
});

test('an event appended before is passed over: a lost answer announces nothing twice and queues nothing twice', async () => {
  await outbox.transaction(async (_tx, after) => {
    after.enqueue(weighParcel, { parcel: 'twice' });
    after.publish(parcelMoved, 'twice', { step: 1 });
  });
  const messages = await outbox.messages();
  const relay = outbox.relay();
  // The rows are gone after the first, which does not matter to a sender that has them in its hands.
  await relay.send(messages);
  await relay.send(messages);
  expect(await announced()).toEqual(['twice 1']);
  const queue = outbox.api.ctx.jobs.queues.get('upkeep');
  expect((await queue?.getWaiting())?.map(({ id }) => id)).toEqual([messages[1]?.id]);
});

test('an older version that arrives after a newer one is passed over too, and the next one is not', async () => {
  const event = (version: number) => ({
    stream: parcelMoved.stream,
    envelope: { id: `e${version}`, type: 'parcel.moved', version, schema: 1, time: 'now', subject: 'old', data: '{}' },
  });
  for (const version of [1, 2, 1, 2, 3]) await append(outbox.api.ctx.redis, [event(version)]);
  expect(await announced()).toEqual(['old 1', 'old 2', 'old 3']);
});

test('a name that is not defined here stays, and blocks nobody', async () => {
  await outbox.transaction(async (_tx, after) => {
    after.publish({ ...parcelMoved, type: 'parcel.lost' }, 'unknown', { step: 1 });
    after.enqueue({ ...weighParcel, kind: 'melt-parcel' }, { parcel: 'unknown' });
    after.publish(parcelMoved, 'known', { step: 1 });
    after.enqueue(weighParcel, { parcel: 'known' });
  });
  const { producer, added } = noteJobs();
  expect(await outbox.relay({ producer }).send(await outbox.messages())).toBe(2);
  expect(await announced()).toEqual(['known 1']);
  expect(added.map(({ payload }) => payload)).toEqual([{ parcel: 'known' }]);
  expect((await outbox.rows()).map(({ name }) => name)).toEqual(['melt-parcel', 'parcel.lost']);
});

test('while Redis is away the rows stay, and the relay says nothing to who committed', async () => {
  await move('away', 1);
  const redis = new Redis({ ...impatientRedis(outbox.api.ctx.config), port: await freePort() });
  redis.on('error', () => {});
  const relay = outbox.relay({ redis });
  relay.notify(await outbox.messages());
  await relay.idle();
  redis.disconnect();
  expect(await outbox.rows()).toHaveLength(1);
});

test('a relay leaves to the sweep what its lease is too short for', async () => {
  await move('short', 1);
  const soon = new Date(Date.now() + 2_000);
  const relay = outbox.relay();
  relay.notify((await outbox.messages()).map((message) => ({ ...message, leaseUntil: soon })));
  await relay.idle();
  expect(await announced()).toEqual([]);
  relay.notify(await outbox.messages());
  await relay.idle();
  expect(await announced()).toEqual(['short 1']);
});

test('a key of Redis that is no stream holds back its own events alone: other streams and all jobs go on', async () => {
  const { redis } = outbox.api.ctx;
  await redis.del('parcels');
  await redis.set('parcels', 'no stream');
  await outbox.transaction(async (_tx, after) => {
    after.publish(parcelMoved, 'held', { step: 1 });
    after.publish(letterSent, 'free', { step: 1 });
    after.enqueue(weighParcel, { parcel: 'held' });
  });
  const { producer, added } = noteJobs();
  expect(await outbox.relay({ producer }).send(await outbox.messages())).toBe(2);
  expect(added.map(({ payload }) => payload)).toEqual([{ parcel: 'held' }]);
  expect((await readStream(redis, 'letters')).map(({ subject }) => subject)).toEqual(['free']);
  expect((await outbox.rows()).map(({ name }) => name)).toEqual(['parcel.moved']);
  // Once the key is gone, nothing has been lost.
  await redis.del('parcels');
  expect(await outbox.relay().send(await outbox.messages())).toBe(1);
  expect(await announced()).toEqual(['held 1']);
});
