import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readConfig } from '../../../src/config.ts';
import { type Marker, openWaits, type WaitedFor } from '../../../src/jobs/shards/waits.ts';
import type { Redis } from '../../../src/redis/client.ts';
import { openConnection, patientRedis } from '../../../src/redis/connection.ts';
import { until } from '../../support/processes/process.ts';
import { ownData } from '../../support/stores/servers.ts';

let redis: Redis;
beforeAll(async () => {
  redis = openConnection(patientRedis(readConfig(await ownData())));
});
afterAll(() => redis.disconnect());

const marker: Marker = { member: '0', score: 0 };

// Longer than a test waits for anything.
const seconds = 600;

/** A shard whose waits end as the test says. */
function fakeShard() {
  const waiting: PromiseWithResolvers<Marker | null>[] = [];
  const key = `${randomUUID()}:marker`;
  const taken = Promise.withResolvers<void>();
  let reconnected = 0;
  const ended = () => {
    const wait = waiting.shift();
    if (!wait) throw new Error('nobody waits for this shard');
    return wait;
  };
  return {
    key,
    toKey() {
      taken.resolve();
      return key;
    },
    waitForJob() {
      const wait = Promise.withResolvers<Marker | null>();
      waiting.push(wait);
      return wait.promise;
    },
    async reconnectBlocking() {
      reconnected += 1;
    },
    /** There is a marker. */
    wake: () => ended().resolve(marker),
    /** None has come in time. */
    lapse: () => ended().resolve(null),
    /** The server goes away. */
    fail: () => ended().reject(new Error('Connection is closed.')),
    /** A marker begins to be put back. */
    isPuttingBack: taken.promise,
    /** So many waits are open, and so often was the connection made anew. */
    seen: () => ({ waits: waiting.length, reconnected }),
  } satisfies WaitedFor & Record<string, unknown>;
}

type Fake = ReturnType<typeof fakeShard>;

function openTwo() {
  const [first, second] = [fakeShard(), fakeShard()];
  const waits = openWaits<Fake>(redis);
  return { first, second, next: () => waits.next([first, second], seconds), end: () => waits.end() };
}

/** Two shards of which the first has woken the worker, that is busy now; the second is still waited for. */
async function openWoken() {
  const opened = openTwo();
  const woken = opened.next();
  opened.first.wake();
  expect(await woken).toEqual({ shard: opened.first, marker });
  return opened;
}

const waitedFor = (shard: Fake) => until('it is waited for', () => (shard.seen().waits === 1 ? true : undefined));

const back = ({ key }: Fake) =>
  until('the sign is back', async () => ((await redis.zcard(key)) === 1 ? true : undefined));

test('a shard whose wait ends without a job is waited for again while the worker asks', async () => {
  const { second, next, end } = await openWoken();
  const woken = next();
  second.lapse();
  await waitedFor(second);
  second.wake();
  expect(await woken).toEqual({ shard: second, marker });
  end();
});

test('a shard whose wait ends without a job is not waited for while the worker is busy', async () => {
  const { first, second, next, end } = await openWoken();
  second.lapse();
  // What follows the end of a wait has happened by the time Redis has answered.
  await redis.ping();
  expect([first, second].map((shard) => shard.seen().waits)).toEqual([0, 0]);
  const woken = next();
  expect([first, second].map((shard) => shard.seen().waits)).toEqual([1, 1]);
  end();
  expect(await woken).toBeUndefined();
});

test('a shard whose sign is being put back is waited for as soon as it is', async () => {
  const { second, next, end } = await openWoken();
  second.wake();
  await second.isPuttingBack;
  const woken = next();
  await back(second);
  await waitedFor(second);
  second.wake();
  expect(await woken).toEqual({ shard: second, marker });
  end();
});

test('a shard whose server is away is not asked again and again', async () => {
  const { first, second, next, end } = openTwo();
  const woken = next();
  second.fail();
  await until('it is connected anew', () => (second.seen().reconnected === 1 ? true : undefined));
  await redis.ping();
  expect(second.seen()).toEqual({ waits: 0, reconnected: 1 });
  first.wake();
  await woken;
  const wokenAgain = next();
  expect(second.seen()).toEqual({ waits: 1, reconnected: 1 });
  end();
  expect(await wokenAgain).toBeUndefined();
});
