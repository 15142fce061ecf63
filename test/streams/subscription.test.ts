import { expect, test } from 'vitest';
import type { StreamEntry } from '../../src/streams/entry.ts';
import type { Page } from '../../src/streams/history.ts';
import { type Delivery, Subscription } from '../../src/streams/subscription.ts';

const entry = (number: number): StreamEntry => ({
  id: `${number}-0`,
  eventId: `${number}`,
  type: 'quote.updated',
  subject: number % 2 === 0 ? 'EVEN' : 'ODD',
  version: number,
  timeMs: number,
  data: {},
  json: '{}',
  trace: undefined,
});
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => entry(from + index));
const idsOf = (deliveries: readonly Delivery[] | undefined) =>
  deliveries?.map((delivery) => (delivery.kind === 'event' ? Number(delivery.entry.id.split('-')[0]) : delivery.kind));

/** A stream in memory that holds entries 1 to `last`, and what happens while a page of it is read. */
function memory(wish: { after?: string; accepts?: (some: StreamEntry) => boolean }, pageSize = 500) {
  const state = { last: 0, ended: 0, during: (): void => {} };
  const subscription = new Subscription(wish, {
    async readPage(position): Promise<Page> {
      const from = Number(position.split('-')[0]) + 1;
      const entries = range(from, Math.min(state.last, from + pageSize - 1));
      state.during();
      const place = entries.at(-1)?.id ?? position;
      const end = `${state.last}-0`;
      return { entries, position: place, end, gap: undefined, isLast: entries.length < pageSize };
    },
    onEnd: () => (state.ended += 1),
  });
  const announce = (from: number, to: number) => {
    state.last = Math.max(state.last, to);
    subscription.hear(range(from, to), `${to}-0`);
  };
  return { state, subscription, announce };
}

test('what is announced while pages are read is delivered after them, once', async () => {
  const { state, subscription, announce } = memory({ after: '2-0' });
  state.last = 5;
  subscription.hearReady('4-0');
  announce(5, 5);
  state.during = () => announce(6, 8);
  expect(idsOf(await subscription.take(0))).toEqual([3, 4, 5]);
  expect(idsOf(await subscription.take(0))).toEqual([6, 7, 8]);
  announce(9, 9);
  expect(idsOf(await subscription.take(0))).toEqual([9]);
});

test('a reader that is behind the pages repeats nothing to the subscriber', async () => {
  const { state, subscription, announce } = memory({ after: '0-0' });
  state.last = 9;
  subscription.hearReady('3-0');
  expect(idsOf(await subscription.take(0))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  announce(4, 8);
  announce(9, 11);
  expect(idsOf(await subscription.take(0))).toEqual([10, 11]);
});

test('what a doubtful reader may have missed is read in pages, from what has been delivered on', async () => {
  const { state, subscription, announce } = memory({});
  subscription.hearReady('2-0');
  announce(3, 4);
  expect(idsOf(await subscription.take(0))).toEqual([3, 4]);
  announce(5, 5);
  state.last = 9;
  subscription.hearDoubt();
  announce(9, 9);
  expect(idsOf(await subscription.take(0))).toEqual([5, 6, 7, 8, 9]);
  announce(10, 10);
  expect(idsOf(await subscription.take(0))).toEqual([10]);
});

test('who catches up with a stream that is being built again waits until it has come as far as the reader', async () => {
  const { state, subscription, announce } = memory({ after: '2-0' });
  subscription.hearReady('6-0');
  expect(idsOf(await subscription.take(0))).toEqual([]);
  state.last = 4;
  expect(idsOf(await subscription.take(0))).toEqual([3, 4]);
  state.last = 6;
  announce(7, 7);
  expect(idsOf(await subscription.take(0))).toEqual([5, 6, 7]);
});

test('nothing is read before the reader knows where it stands: what lies between would be lost', async () => {
  const { state, subscription } = memory({ after: '0-0' });
  state.last = 3;
  expect(await subscription.take(0)).toEqual([]);
  subscription.hearReady('3-0');
  expect(idsOf(await subscription.take(0))).toEqual([1, 2, 3]);
});

test('who lags behind is dropped; who catches up keeps nothing that can be read later', async () => {
  const slow = memory({});
  slow.subscription.hearReady('0-0');
  slow.announce(1, 2_001);
  expect(await slow.subscription.take(0)).toBeUndefined();
  expect(slow.state.ended).toBe(1);

  const behind = memory({ after: '0-0' });
  behind.subscription.hearReady('0-0');
  behind.state.last = 100;
  behind.state.during = () => {
    behind.state.during = () => {};
    behind.announce(101, 2_500);
  };
  const seen: unknown[] = [];
  while (seen.length < 2_500) seen.push(...(idsOf(await behind.subscription.take(0)) ?? []));
  expect(seen).toEqual(range(1, 2_500).map(({ id }) => Number(id.split('-')[0])));
  expect(behind.state.ended).toBe(0);
});

test('the position moves past what was not wanted', async () => {
  const { subscription, announce } = memory({ accepts: ({ subject }) => subject === 'EVEN' });
  subscription.hearReady('0-0');
  announce(1, 3);
  expect(idsOf(await subscription.take(0))).toEqual([2]);
  expect(subscription.position).toBe('3-0');
});

test.each([
  ['that holds nothing new', () => {}],
  [
    'that cannot be read',
    () => {
      throw new Error('Redis is away');
    },
  ],
])('bye comes also to who is just reading a page %s', async (_what, fail) => {
  const { state, subscription } = memory({ after: '2-0' });
  state.last = 2;
  subscription.hearReady('2-0');
  state.during = () => {
    subscription.sayBye();
    fail();
  };
  expect(idsOf(await subscription.take(0))).toEqual(['bye']);
  expect(await subscription.take(0)).toBeUndefined();
});

test('bye comes after what was heard; a closed subscription ends at once; both end once', async () => {
  const parting = memory({});
  parting.subscription.hearReady('0-0');
  parting.announce(1, 1);
  parting.subscription.sayBye();
  parting.subscription.close();
  expect(idsOf(await parting.subscription.take(0))).toEqual([1, 'bye']);
  expect(await parting.subscription.take(0)).toBeUndefined();
  expect(parting.state.ended).toBe(1);

  const waiting = memory({});
  waiting.subscription.hearReady('0-0');
  const taken = waiting.subscription.take(60_000);
  waiting.subscription.close();
  expect(await taken).toBeUndefined();
});
