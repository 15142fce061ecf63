import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Subscription } from '../../src/streams/subscription.ts';
import { until } from '../support/processes/process.ts';
import { openOutbox, type Outbox, parcelMoved } from '../support/stores/open-outbox.ts';

let outbox: Outbox;
beforeAll(async () => {
  outbox = await openOutbox();
});
afterAll(() => outbox.api.close());
beforeEach(() => outbox.empty());

const { stream } = parcelMoved;
const move = async (...parcels: string[]) => {
  for (const parcel of parcels)
    await outbox.transaction(async (_tx, after) => after.publish(parcelMoved, parcel, { step: 1 }));
  await outbox.relay().announce();
};
const lose = () => outbox.api.ctx.redis.flushdb();

/** A follower, and what it has been given: parcels with their versions, and gaps. */
function follow(after?: string) {
  const subscription: Subscription = outbox.api.ctx.events.tails.subscribe(stream.name, { after });
  const given: string[] = [];
  let last = after;
  const have = async (...what: string[]) => {
    await until(
      () => `${what.join()}; there is ${given.join()}`,
      async () => {
        for (const delivery of (await subscription.take(100)) ?? []) {
          if (delivery.kind === 'event') last = delivery.entry.id;
          given.push(delivery.kind === 'event' ? `${delivery.entry.subject} ${delivery.entry.version}` : delivery.kind);
        }
        return given.length >= what.length ? true : undefined;
      },
    );
    expect(given).toEqual(what);
  };
  return { subscription, have, last: () => last };
}

test('who follows hears each event once, in order, whether the stream is lost before it was read or after hours', async () => {
  const { subscription, have } = follow();
  await subscription.opened(2_000);
  await move('a', 'b', 'a');
  await have('a 1', 'b 1', 'a 2');
  await lose();
  await move('unread');
  await outbox.complete();
  await have('a 1', 'b 1', 'a 2', 'unread 1');
  // Hours later: nothing of what is restored is news, and the next event is.
  await lose();
  await outbox.complete();
  await move('next');
  await have('a 1', 'b 1', 'a 2', 'unread 1', 'next 1');
  subscription.close();
});

test('who comes back to a restored stream goes on where it was, and misses nothing', async () => {
  await move('older');
  const before = follow();
  await before.subscription.opened(2_000);
  await move('seen');
  await before.have('seen 1');
  before.subscription.close();
  await move('meanwhile');
  await lose();
  await outbox.complete();
  const { subscription, have } = follow(before.last());
  await have('meanwhile 1');
  await move('next');
  await have('meanwhile 1', 'next 1');
  subscription.close();
});

test('who comes back while the stream is still lost waits until it is restored; who comes anew hears nothing old', async () => {
  const before = follow();
  await before.subscription.opened(2_000);
  await move('known');
  await before.have('known 1');
  before.subscription.close();
  await move('waiting');
  await lose();
  const [back, fresh] = [follow(before.last()), follow()];
  expect(await back.subscription.take(600)).toEqual([]);
  await fresh.subscription.opened(2_000);
  await outbox.complete();
  await back.have('waiting 1');
  await move('next');
  await back.have('waiting 1', 'next 1');
  await fresh.have('next 1');
  back.subscription.close();
  fresh.subscription.close();
});

test('a place of an earlier release is found in its stream, and meets a gap once that is lost', async () => {
  const { redis } = outbox.api.ctx;
  const old = await redis.xadd('parcels', '1000-0', 'id', 'x');
  await move('first');
  const found = follow(old ?? '');
  await found.have('first 1');
  found.subscription.close();
  await lose();
  await outbox.complete();
  const lost = follow(old ?? '');
  await lost.have('gap', 'first 1');
  lost.subscription.close();
});

test('a place that no event can have yet meets a gap, and then what comes', async () => {
  await move('before');
  const { subscription, have } = follow('9999999999999-0');
  await have('gap');
  await move('after');
  await have('gap', 'after 1');
  subscription.close();
});
