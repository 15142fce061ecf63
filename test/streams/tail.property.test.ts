import fc from 'fast-check';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { market } from '../../src/streams/market.stream.ts';
import { isAfter } from '../../src/streams/entry.ts';
import type { Delivery, Subscription } from '../../src/streams/subscription.ts';
import { openTails, type Tails } from '../../src/streams/tail.ts';
import { appendEvents } from '../support/stores/append-events.ts';
import { until } from '../support/processes/process.ts';
import { ownData } from '../support/stores/servers.ts';

const runs = 25;
const eventsARun = 400;

let redis: Redis;
let connect: () => Redis;
let reader: Redis | undefined;
beforeAll(async () => {
  const { REDIS_HOST = '', REDIS_PORT, REDIS_DB } = await ownData();
  connect = () => {
    const opened = new Redis({
      host: REDIS_HOST,
      port: Number(REDIS_PORT),
      db: Number(REDIS_DB),
      maxRetriesPerRequest: null,
      retryStrategy: () => 10,
    });
    opened.on('error', () => {});
    return opened;
  };
  redis = connect();
});
afterAll(() => redis.disconnect());

/** What can happen to a stream and to who reads it, between and within bursts of events. */
const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ what: fc.constant('append'), size: fc.integer({ min: 1, max: 60 }) }) },
  { weight: 2, arbitrary: fc.record({ what: fc.constant('leave'), size: fc.constant(0) }) },
  { weight: 3, arbitrary: fc.record({ what: fc.constant('return'), size: fc.constant(0) }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('trim'), size: fc.integer({ min: 0, max: 50 }) }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('restart'), size: fc.constant(0) }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('cut off'), size: fc.constant(0) }) },
);

/** A reader that remembers the last id, as a browser does, over any number of connections and processes. */
function openFollower(openOne: () => Tails) {
  let tails = openOne();
  let subscription: Subscription | undefined;
  let reading = Promise.resolve();
  let last: string | undefined;
  const seen: string[] = [];
  const note = (delivery: Delivery) => {
    if (delivery.kind === 'gap') seen.push('gap');
    if (delivery.kind !== 'event') return;
    last = delivery.entry.id;
    seen.push(delivery.entry.id);
  };
  const read = async (from: Subscription) => {
    for (;;) {
      const news = await from.take(1_000);
      if (news === undefined) return;
      news.forEach(note);
      last = from.position ?? last;
    }
  };
  const leave = async () => {
    subscription?.close();
    await reading;
    subscription = undefined;
  };
  return {
    seen,
    last: () => last,
    leave,
    async come() {
      if (subscription) return;
      subscription = tails.subscribe(market.name, { after: last });
      await subscription.opened(2_000);
      reading = read(subscription);
      last ??= subscription.position;
    },
    async restart() {
      tails.close();
      await reading;
      subscription = undefined;
      tails = openOne();
    },
    close: () => tails.close(),
  };
}

/** Faults of what one has seen, against every id that was ever appended, in order. */
function faultsOf(seen: readonly string[], appended: readonly string[]): string[] {
  const faults: string[] = [];
  const places = new Map(appended.map((id, place) => [id, place]));
  let place = -1;
  let isGap = false;
  for (const one of seen) {
    if (one === 'gap') {
      isGap = true;
      continue;
    }
    const next = places.get(one) ?? -1;
    if (next <= place) faults.push(`${one} came twice or late`);
    if (next > place + 1 && !isGap)
      faults.push(`${next - place - 1} events before ${one} are missing, and no gap was told`);
    place = Math.max(place, next);
    isGap = false;
  }
  if (place < appended.length - 1 && !isGap) faults.push(`the last ${appended.length - 1 - place} events never came`);
  return faults;
}

test('with cuts, trims and restarts over 10,000 events, a follower misses nothing without a gap, and sees nothing twice', async () => {
  let events = 0;
  let gaps = 0;
  const scenario = async (steps: readonly { what: string; size: number }[]) => {
    await redis.del(market.name);
    const follower = openFollower(() =>
      openTails(
        redis,
        () => (reader = connect()),
        async () => '0-0',
      ),
    );
    const appended: string[] = [];
    const append = async (count: number) => {
      await appendEvents(redis, market, 'quote.updated', count);
      const rows = await redis.xrevrange(market.name, '+', '-', 'COUNT', count);
      appended.push(...rows.map(([id]) => id).toReversed());
    };
    await follower.come();
    for (let turn = 0; appended.length < eventsARun; turn += 1) {
      const { what, size } = steps[turn % steps.length] ?? { what: 'append', size: 10 };
      if (what === 'append') await append(size);
      if (what === 'leave') await follower.leave();
      if (what === 'return') await follower.come();
      if (what === 'trim') await redis.xtrim(market.name, 'MAXLEN', size);
      if (what === 'restart') await follower.restart();
      if (what === 'cut off') reader?.stream?.destroy();
      if (turn % steps.length === steps.length - 1) await append(40);
    }
    await follower.come();
    // The end is told by an event that nothing trims: who has it has been told of all before.
    await append(1);
    const end = appended.at(-1) ?? '';
    await until('the last event', () => {
      const last = follower.last();
      return last !== undefined && !isAfter(end, last) ? true : undefined;
    });
    await follower.leave();
    follower.close();
    expect(faultsOf(follower.seen, appended)).toEqual([]);
    events += appended.length;
    gaps += follower.seen.filter((one) => one === 'gap').length;
  };
  const property = fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), scenario);
  await fc.assert(property, { numRuns: runs, endOnFailure: true });
  expect(events).toBeGreaterThanOrEqual(10_000);
  expect(gaps).toBeGreaterThan(0);
});
