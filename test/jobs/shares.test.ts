import fc from 'fast-check';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { type Added, mostBefore, openShares, ownTenant, unplaced } from '../../src/jobs/shares.ts';
import { patientRedis } from '../../src/redis/connection.ts';
import { ownData } from '../support/stores/servers.ts';

let redis: Redis;
beforeAll(async () => {
  redis = new Redis(patientRedis(readConfig(await ownData())));
});
afterAll(() => redis.disconnect());
beforeEach(() => redis.flushdb());

/** A tenant's job, its place among the tenant's when it got one, and how many had been fetched by then. */
type Waiting = { id: string; tenant: string; place?: number; fetchedBefore?: number };

/** A queue as BullMQ keeps it: jobs come into `prioritized` with a priority and a count, and the first is fetched first. */
function openLine(weights: Readonly<Record<string, number>>) {
  const keyOf = (name: string) => `bull:line:${name}`;
  const shares = openShares(redis, keyOf, weights);
  const [waiting, fetched]: [Waiting[], Waiting[]] = [[], []];
  let count = 0;
  return {
    shares,
    fetched,
    async add(tenant: string, jobs: number) {
      const some = Array.from({ length: jobs }, () => ({ id: `job-${(count += 1)}`, tenant, at: count }));
      const adding = redis.pipeline();
      for (const { id, at } of some) {
        adding.hset(keyOf(id), { data: JSON.stringify({ order_id: id, ...(tenant !== ownTenant && { tenant }) }) });
        adding.zadd(keyOf('prioritized'), unplaced * 2 ** 32 + at, id);
      }
      await adding.exec();
      waiting.push(...some);
    },
    async place(added?: Added) {
      await shares.place(added);
      const placed = new Set(await redis.zrangebyscore(keyOf('prioritized'), 0, `(${unplaced * 2 ** 32}`));
      for (const job of waiting.filter(({ id }) => placed.has(id))) {
        job.place ??= 1 + waiting.filter(({ tenant, place }) => tenant === job.tenant && place !== undefined).length;
        job.fetchedBefore ??= fetched.length;
      }
    },
    async fetch() {
      const [id] = await redis.zpopmin(keyOf('prioritized'));
      const at = waiting.findIndex((job) => job.id === id);
      fetched.push(...waiting.splice(at, id === undefined ? 0 : 1));
      return id;
    },
  };
}

const tenants = [ownTenant, 'user:1', 'user:2', 'key:a', 'address:b'];
const adding = fc.record({
  tenant: fc.constantFrom(...tenants),
  jobs: fc.integer({ min: 1, max: 30 }),
  isTold: fc.boolean(),
});
const step = fc.oneof(
  { weight: 2, arbitrary: adding },
  { weight: 3, arbitrary: fc.record({ fetches: fc.integer({ min: 1, max: 20 }) }) },
  { weight: 2, arbitrary: fc.constant('place' as const) },
);
const weighing = fc.dictionary(fc.constantFrom(...tenants), fc.integer({ min: 1, max: 7 }));

test('whoever has a place is fetched after no more jobs than its share says, in order within a tenant', async () => {
  await fc.assert(
    fc.asyncProperty(weighing, fc.array(step, { maxLength: 40 }), async (weights, steps) => {
      await redis.flushdb();
      const line = openLine(weights);
      for (const one of steps) {
        if (one === 'place') await line.place();
        else if ('fetches' in one) for (let left = one.fetches; left > 0; left -= 1) await line.fetch();
        else {
          await line.add(one.tenant, one.jobs);
          // As whoever adds them does, unless that process dies in between.
          if (one.isTold) await line.place(one);
        }
      }
      await line.place();
      while ((await line.fetch()) !== undefined);
      const weightOf = (tenant: string) => weights[tenant] ?? 1;
      for (const [at, { tenant, place, fetchedBefore = 0 }] of line.fetched.entries()) {
        const others = tenants.filter((other) => other !== tenant).map(weightOf);
        if (place === undefined) continue;
        expect(at - fetchedBefore).toBeLessThanOrEqual(mostBefore({ place, weight: weightOf(tenant), others }));
      }
    }),
    { numRuns: 150 },
  );
});

test('fifty that ask for ten come before nearly all of one that has asked for thousands, and who waits is told', async () => {
  const line = openLine({ 'user:0': 2 });
  await line.add('user:0', 5_000);
  // Alone, it needs no places.
  await line.place({ jobs: 5_000, tenant: 'user:0' });
  await line.place();
  const only = { tenant: 'user:0', weight: 2, waiting: 5_000, mostBefore: 4_999 };
  expect(await line.shares.read()).toEqual({ tenants: 1, largest: [only] });
  for (let user = 1; user <= 50; user += 1) await line.add(`user:${user}`, 10);
  await line.place();
  const { tenants: count, largest } = await line.shares.read();
  expect(count).toBe(51);
  expect(largest).toHaveLength(20);
  expect(largest[0]).toEqual({ tenant: 'user:0', weight: 2, waiting: 5_000, mostBefore: 4_999 + 2_501 * 50 });
  expect(largest[1]).toMatchObject({ weight: 1, waiting: 10, mostBefore: 9 + 11 * 51 });
  for (let fetches = 0; fetches < 520; fetches += 1) await line.fetch();
  const counts = Map.groupBy(line.fetched, ({ tenant }) => tenant);
  expect(counts.get('user:0')).toHaveLength(20);
  counts.delete('user:0');
  expect([...counts.values()].map(({ length }) => length)).toEqual(Array.from({ length: 50 }, () => 10));
  // The rest of the line is one tenant's: in the order in which it has asked.
  while ((await line.fetch()) !== undefined);
  const places = line.fetched.flatMap(({ tenant, id }) => (tenant === 'user:0' ? [Number(id.split('-')[1])] : []));
  expect(places).toEqual(places.toSorted((one, other) => one - other));
  expect(await line.shares.read()).toEqual({ tenants: 0, largest: [] });
});

test('whoever waits is fetched in the end, however often others come back', async () => {
  const line = openLine({});
  await line.add('user:1', 20);
  for (let turn = 0; turn < 60; turn += 1) {
    // It comes when its last job has gone: the rounds have passed it by meanwhile.
    if (line.fetched.at(-1)?.tenant !== 'user:1') await line.add('user:2', 1);
    await line.place();
    await line.fetch();
  }
  expect(line.fetched.filter(({ tenant }) => tenant === 'user:1')).toHaveLength(20);
});

test('where hardly anything waits, nobody is given a place', async () => {
  const { shares } = openLine({});
  expect(shares.entryOf(1)).toBe(unplaced);
  await shares.place();
  expect([shares.entryOf(10), shares.entryOf(6), shares.entryOf(1)]).toEqual([0, 0, unplaced]);
  await shares.place();
  expect(shares.entryOf(17)).toBe(unplaced);
});
