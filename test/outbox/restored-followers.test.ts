import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { EventLog, OutboxMessage } from '../../src/entities/outbox.entity.ts';
import { restoreStream } from '../../src/outbox/restore-stream.ts';
import type { Subscription } from '../../src/streams/subscription.ts';
import { patienceMs, until } from '../support/processes/process.ts';
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
/** Announces what the outbox holds, but for the parcels that are kept back. */
const send = async (...keptBack: readonly string[]) =>
  outbox.relay().send((await outbox.messages()).filter(({ subject }) => !keptBack.includes(subject ?? '')));
/** Announces something that is gone from Redis before anybody has read it. */
const moveUnseen = async (parcel: string, step = 1) => {
  await move(parcel, step);
  await outbox.api.ctx.orm.em.fork().nativeDelete(OutboxMessage, { subject: parcel });
};
const lose = () => outbox.api.ctx.redis.flushdb();
const restore = () => restoreStream(outbox.restoring(), stream, AbortSignal.timeout(patienceMs));

/** A follower, and what it has been given: parcels with their steps, and gaps. */
function follow(after?: string) {
  const subscription: Subscription = outbox.api.ctx.events.tails.subscribe(stream.name, { after });
  const given: string[] = [];
  let last = after;
  const have = (what: readonly string[]) =>
    until(
      () => `${what.join()}; there is ${given.join()}`,
      async () => {
        for (const delivery of (await subscription.take(100)) ?? []) {
          if (delivery.kind === 'event') last = delivery.entry.id;
          given.push(delivery.kind === 'event' ? `${delivery.entry.subject} ${delivery.entry.version}` : delivery.kind);
        }
        return given.length >= what.length ? given : undefined;
      },
    );
  return { subscription, have, last: () => last };
}

test('what was on its way when the stream was lost reaches who follows, once, and without a gap', async () => {
  const { subscription, have } = follow();
  await subscription.opened(2_000);
  await move('a');
  await move('late');
  await send('late');
  await moveUnseen('unread');
  await move('b');
  await send('late');
  await have(['a 1', 'b 1']);
  await lose();
  await move('c');
  await send();
  // Those that were announced before the loss keep their order; what is news comes as it is announced.
  const given = await have(['a 1', 'b 1', 'unread 1', 'late 1', 'c 1']);
  expect(given.slice(0, 3)).toEqual(['a 1', 'b 1', 'unread 1']);
  expect(given.slice(3).toSorted()).toEqual(['c 1', 'late 1']);
  await move('a', 2);
  await send();
  expect((await have([...given, 'a 2'])).slice(5)).toEqual(['a 2']);
  subscription.close();
});

test('what its relay had appended and not yet deleted when the stream was lost reaches who follows once, however old', async () => {
  const { orm } = outbox.api.ctx;
  const { subscription, have } = follow();
  await subscription.opened(2_000);
  await move('read');
  await send();
  await move('stuck');
  await orm.em.fork().nativeUpdate(EventLog, { subject: 'stuck' }, { at: new Date(Date.now() - 60_000) });
  await have(['read 1']);
  await lose();
  await restore();
  await orm.em.fork().nativeDelete(OutboxMessage, {});
  await move('behind');
  await send();
  expect(await have(['read 1', 'stuck 1', 'behind 1'])).toEqual(['read 1', 'stuck 1', 'behind 1']);
  subscription.close();
});

test('who comes back to a restored stream is told of the gap, and misses nothing', async () => {
  const before = follow();
  await before.subscription.opened(2_000);
  await moveUnseen('older');
  await move('seen');
  await send();
  await before.have(['seen 1']);
  before.subscription.close();
  await moveUnseen('meanwhile');
  await lose();
  await restore();
  const { subscription, have, last } = follow(before.last());
  // Parcels have names of their own in each test: their versions go on. What is older than the place may have come after
  // it; what has been seen is known by its id.
  expect(await have(['gap', 'older 1', 'seen 1', 'meanwhile 1'])).toEqual(['gap', 'older 1', 'seen 1', 'meanwhile 1']);
  subscription.close();
  await move('next');
  await send();
  const again = follow(last());
  expect(await again.have(['next 1'])).toEqual(['next 1']);
  again.subscription.close();
});

test('who comes back while the stream is still lost waits until it is restored', async () => {
  const before = follow();
  await before.subscription.opened(2_000);
  await move('known');
  await send();
  await before.have(['known 1']);
  before.subscription.close();
  await move('waiting');
  await lose();
  const { subscription, have } = follow(before.last());
  expect(await subscription.take(600)).toEqual([]);
  await send();
  const given = await have(['gap', 'known 1', 'waiting 1']);
  expect([given[0], given.at(-1)]).toEqual(['gap', 'waiting 1']);
  subscription.close();
});
