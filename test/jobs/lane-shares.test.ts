import fc from 'fast-check';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { mostCallsBefore, openLaneShares } from '../../src/jobs/lane-shares.ts';
import { isForPeople, type Lane, laneOf, lanes, priorityOf } from '../../src/jobs/queues.ts';
import { mostBefore } from '../../src/jobs/shares.ts';
import { patientRedis } from '../../src/redis/connection.ts';
import { ownData } from '../support/stores/servers.ts';

let redis: Redis;
beforeAll(async () => {
  redis = new Redis(patientRedis(readConfig(await ownData())));
});
afterAll(() => redis.disconnect());

const tenants = ['user:1', 'user:2', 'key:a'];

/** A job, how many calls had been made when it was added, and before its own so many may be made since. */
type Waiting = { id: string; lane: Lane; tenant: string; calledBefore: number; mostInLane: number };
type Line = Awaited<ReturnType<typeof openLanes>>;

/** A queue as BullMQ keeps it: what has no priority is in a list, which comes first. Each job calls once. */
async function openLanes(weights: Readonly<Record<string, number>>) {
  await redis.flushdb();
  const keyOf = (name: string) => `bull:lanes:${name}`;
  const shares = openLaneShares(redis, keyOf, weights);
  const [waiting, called]: [Waiting[], Waiting[]] = [[], []];
  let count = 0;
  const weightOf = (tenant: string) => weights[tenant] ?? 1;
  const mostInLane = (lane: Lane, tenant: string) => {
    const inLane = waiting.filter((job) => job.lane === lane);
    const place = 1 + inLane.filter((job) => job.tenant === tenant).length;
    const others = tenants.filter((other) => other !== tenant).map(weightOf);
    return isForPeople(lane) ? mostBefore({ place, weight: weightOf(tenant), others }) : inLane.length;
  };
  const nextId = async () => (await redis.rpop(keyOf('wait'))) ?? (await redis.zpopmin(keyOf('prioritized')))[0];
  return {
    called,
    async add(lane: Lane, tenant: string) {
      const [id, priority] = [`job-${(count += 1)}`, priorityOf(lane)];
      const job = { id, lane, tenant, calledBefore: called.length, mostInLane: mostInLane(lane, tenant) };
      await redis.hset(keyOf(id), { priority });
      await (priority === 0
        ? redis.lpush(keyOf('wait'), id)
        : redis.zadd(keyOf('prioritized'), priority * 2 ** 32 + count, id));
      if (isForPeople(lane)) await shares.place({ id, lane, tenant, isNew: true });
      waiting.push(job);
    },
    /** Has the next job end without a call; true when one has. */
    async end() {
      const id = await nextId();
      if (id === undefined) return false;
      await shares.passTurn(id);
      waiting.splice(
        waiting.findIndex((job) => job.id === id),
        1,
      );
      return true;
    },
    /** Has the next job call; false when none waits. */
    async call() {
      const id = await nextId();
      if (id === undefined) return false;
      await shares.noteCall(laneOf(Number(await redis.hget(keyOf(id), 'priority'))));
      called.push(
        ...waiting.splice(
          waiting.findIndex((job) => job.id === id),
          1,
        ),
      );
      return true;
    },
  };
}

/** Jobs that are added in some of these lanes, and calls in between. */
function stepsIn(some: readonly Lane[]) {
  const lane = fc.constantFrom(...some);
  const adding = fc.record({ lane, tenant: fc.constantFrom(...tenants), jobs: fc.integer({ min: 1, max: 12 }) });
  const calling = fc.record({ calls: fc.integer({ min: 1, max: 20 }) });
  return fc.array(fc.oneof({ weight: 2, arbitrary: adding }, { weight: 1, arbitrary: calling }), { maxLength: 30 });
}
type Step = ReturnType<typeof stepsIn> extends fc.Arbitrary<(infer One)[]> ? One : never;
/** Takes the steps, then lets all that waits call. */
async function take(steps: readonly Step[], line: Line): Promise<void> {
  for (const one of steps) {
    const [adds, calls] = 'calls' in one ? [0, one.calls] : [one.jobs, 0];
    for (let left = adds; 'lane' in one && left > 0; left -= 1) await line.add(one.lane, one.tenant);
    for (let left = calls; left > 0; left -= 1) await line.call();
  }
  while (await line.call());
}
const weighing = fc.dictionary(fc.constantFrom(...tenants), fc.integer({ min: 2, max: 7 }));

test('no call waits for more others than its lane and its share say, whatever is asked for in all lanes', async () => {
  await fc.assert(
    fc.asyncProperty(weighing, stepsIn(lanes.map(({ name }) => name)), async (weights, steps) => {
      const line = await openLanes(weights);
      await take(steps, line);
      for (const [at, { lane, calledBefore, mostInLane }] of line.called.entries())
        expect(at - calledBefore).toBeLessThanOrEqual(mostCallsBefore(lane, mostInLane));
    }),
    { numRuns: 100 },
  );
});

test.each(['logged_in', 'anonymous_cold'] as const)('in the lane %s, weights are kept to', async (lane) => {
  await fc.assert(
    fc.asyncProperty(weighing, stepsIn([lane]), async (weights, steps) => {
      const line = await openLanes(weights);
      await take(steps, line);
      for (const [at, { calledBefore, mostInLane }] of line.called.entries())
        expect(at - calledBefore).toBeLessThanOrEqual(mostInLane);
    }),
    { numRuns: 50 },
  );
});

test('under endless demand of the first lane each lane behind has one call of some twenty, and the first all others', async () => {
  const line = await openLanes({});
  const behind = lanes.map(({ name }) => name).filter((lane) => lane !== 'logged_in');
  for (const lane of behind) for (let jobs = 0; jobs < 20; jobs += 1) await line.add(lane, 'key:a');
  for (let calls = 0; calls < 200; calls += 1) {
    await line.add('logged_in', 'user:1');
    await line.call();
  }
  const calls = Map.groupBy(line.called, ({ lane }) => lane);
  expect(behind.map((lane) => calls.get(lane)?.length)).toEqual(behind.map(() => 9));
  expect(calls.get('logged_in')).toHaveLength(164);
});

test('a lane that has its calls anyway is given no turn before people', async () => {
  const line = await openLanes({});
  for (let jobs = 0; jobs < 100; jobs += 1) await line.add('watchlist', 'platform');
  for (let calls = 0; calls < 50; calls += 1) await line.call();
  await line.add('anonymous_cold', 'key:a');
  await line.call();
  expect(line.called.at(-1)?.lane).toBe('anonymous_cold');
});

test('a turn that falls to a job that ends without a call is given to the next of its lane', async () => {
  const line = await openLanes({});
  for (let jobs = 0; jobs < 3; jobs += 1) await line.add('watchlist', 'platform');
  for (let jobs = 0; jobs < 30; jobs += 1) await line.add('logged_in', 'user:1');
  for (let calls = 0; calls < 20; calls += 1) await line.call();
  for (let gone = 0; gone < 2; gone += 1) {
    await line.end();
    await line.call();
    expect(line.called.at(-1)?.lane).toBe('logged_in');
  }
  await line.call();
  expect(line.called.map(({ lane }) => lane)).toEqual([...Array.from({ length: 22 }, () => 'logged_in'), 'watchlist']);
});
