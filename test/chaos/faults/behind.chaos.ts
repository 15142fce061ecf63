import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { demoId } from '../../support/api/accounts.ts';
import { openEventClient } from '../../support/api/event-client.ts';
import { publishOrders } from '../../support/load/publish-orders.ts';
import { logIn, type Platform, startPlatform } from '../../support/processes/platform.ts';
import { until } from '../../support/processes/process.ts';
import { reportFault } from '../../support/proof/report-fault.ts';

const stream = 'orders';
const kept = 100_000;
const held = 5;
// Redis trims whole nodes of a hundred entries.
const slack = 200;
const orders = 20;
const Parts = z.object({
  groups: z.array(z.object({ name: z.string(), pending: z.int(), lag: z.int().nullable() })),
});
const Claimed = z.tuple([z.string(), z.array(z.unknown()), z.array(z.string())]);
const Read = z.tuple([z.tuple([z.string(), z.array(z.tuple([z.string(), z.array(z.string())]))])]);

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform({ ownRedis: true });
});
afterAll(() => platform.stop());

/** Commits so many events, and waits until the stream has had them all. */
async function tell(events: number): Promise<void> {
  const had = async () => Number((await about(stream)).get('entries-added') ?? 0);
  const before = await had();
  await publishOrders(platform.orm, { events, orders, userId: demoId });
  await until(
    () => `${events} events in the stream`,
    async () => ((await had()) === before + events ? true : undefined),
    600_000,
  );
}

/** What Redis tells of a stream, by names. */
async function about(name: string): Promise<ReadonlyMap<string, unknown>> {
  if ((await platform.redis.exists(name)) === 0) return new Map();
  const told = z.array(z.unknown()).parse(await platform.redis.xinfo('STREAM', name));
  return new Map(told.flatMap((value, index) => (index % 2 === 0 ? [[String(value), told[index + 1]]] : [])));
}

async function groupTold() {
  const { groups } = Parts.parse(await (await platform.send('GET', '/ops/parts', undefined, 'admin')).json());
  return groups.find(({ name }) => name === 'behind');
}

test('a group that is 100,000 entries behind, what its member held trimmed: told, bounded, and gone on with', async () => {
  const { redis, urls } = platform;
  const follower = openEventClient(`${urls[0]}/streams/orders`, {
    authorization: `Bearer ${await logIn(urls[0] ?? '', 'demo')}`,
  });
  await follower.connect();
  await tell(orders);
  await follower.have(orders);
  await follower.disconnect();
  await redis.xgroup('CREATE', stream, 'behind', '0');
  await redis.xreadgroup('GROUP', 'behind', 'dead', 'COUNT', held, 'STREAMS', stream, '>');
  await tell(kept);
  expect(await groupTold()).toEqual({ name: 'behind', pending: held, lag: kept + orders - held });
  const bytes = Number(await redis.memory('USAGE', stream, 'SAMPLES', 0));
  await tell(kept / 10);
  expect(await redis.xlen(stream)).toBeGreaterThanOrEqual(kept);
  expect(await redis.xlen(stream)).toBeLessThan(kept + slack);
  expect(Number(await redis.memory('USAGE', stream, 'SAMPLES', 0))).toBeLessThan(1.05 * bytes);

  // Of what was trimmed Redis knows the names, and gives up what it had been held for.
  const claimed = Claimed.parse(await redis.xautoclaim(stream, 'behind', 'living', 0, '0', 'COUNT', 100));
  expect([claimed[1], claimed[2]]).toEqual([[], expect.objectContaining({ length: held })]);
  const given = Read.parse(await redis.xreadgroup('GROUP', 'behind', 'living', 'COUNT', 1, 'STREAMS', stream, '>'));
  const [oldest] = await redis.xrange(stream, '-', '+', 'COUNT', 1);
  expect(given[0][1][0]?.[0]).toBe(oldest?.[0]);
  // Redis counts what it has trimmed as still to be given.
  const all = orders + kept + kept / 10;
  expect(await groupTold()).toEqual({ name: 'behind', pending: 1, lag: all - held - 1 });

  // Who followed is told that something is missing, and goes on with what there is; the log has all of it.
  await follower.connect();
  const frames = await follower.have(orders + 2);
  expect(frames[orders]).toEqual({ id: undefined, event: 'gap', data: '{"reason":"trimmed"}' });
  expect(frames[orders + 1]?.id).toBe(oldest?.[0]);
  await follower.disconnect();
  const [log] = await platform.orm.em
    .fork()
    .execute<[{ events: string }]>('select count(distinct position) as events from event_log where stream = ?', [
      stream,
    ]);
  expect(Number(log.events)).toBe(all);
  const title = `a group is ${kept} entries behind, and trimmed below what its dead member holds; a follower comes back`;
  reportFault({ fault: 'F31', title, times: 1, seed: 'no chance', how: 'test/chaos/faults/behind.chaos.ts' });
});
