import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { mostShards, shardOf, tagOf } from '../../../src/jobs/shards/choice.ts';
import { prefixOf } from '../../../src/redis/connection.ts';

const counts = Array.from({ length: mostShards }, (_, index) => index + 1);

test('what an order’s jobs are about decides alone in which shard they wait, in every process and release', () => {
  fc.assert(
    fc.property(fc.uuid(), fc.constantFrom(...counts), (order, shards) => {
      const shard = shardOf(order, shards);
      expect(shardOf(order, shards)).toBe(shard);
      expect(shard >= 0 && shard < shards && Number.isInteger(shard)).toBe(true);
    }),
  );
  const known = '0193410c-0000-7000-8000-000000000001';
  expect(counts.map((shards) => shardOf(known, shards))).toEqual([0, 0, 0, 0, 4, 0, 1, 4, 3, 4, 0, 0, 8, 8, 9, 4]);
  expect(shardOf(undefined, mostShards)).toBe(0);
});

test('orders are spread evenly over shards', () => {
  const orders = Array.from({ length: 8_000 }, () => randomUUID());
  for (const shards of counts) {
    const sizes = [...Map.groupBy(orders, (order) => shardOf(order, shards)).values()].map(({ length }) => length);
    expect(sizes).toHaveLength(shards);
    // More than six standard deviations.
    const even = orders.length / shards;
    for (const size of sizes) expect(Math.abs(size - even)).toBeLessThan(6.5 * Math.sqrt(even));
  }
});

/** The slot of a key with a tag in braces: a CRC-16 of the tag (XMODEM's), of 16,384. */
function slotOf(key: string): number {
  const crc = [...Buffer.from(/\{(.+)\}/.exec(key)?.[1] ?? '')].reduce((before, byte) => {
    let sum = before ^ (byte << 8);
    for (let bit = 0; bit < 8; bit += 1) sum = (sum & 0x8000 ? (sum << 1) ^ 0x1021 : sum << 1) & 0xffff;
    return sum;
  }, 0);
  return crc % 16_384;
}

test('on a cluster the first shards are on as many masters as there are, and later ones no less evenly', () => {
  const cluster = { cluster: [], connectTimeout: 1, maxRetriesPerRequest: 1, retryStrategy: () => 1 };
  const slots = counts.map((_, shard) => slotOf(prefixOf(cluster, 'payments', tagOf(shard))));
  expect(slots[0]).toBe(15_553);
  for (const masters of counts)
    for (const shards of counts) {
      const of = Map.groupBy(slots.slice(0, shards), (slot) => Math.floor((slot * masters) / 16_384));
      expect(Math.max(...[...of.values()].map(({ length }) => length))).toBe(Math.ceil(shards / masters));
    }
});

test('one shard alone is the queue that there has always been', () => {
  expect(tagOf(0)).toBe('');
  expect(shardOf(randomUUID(), 1)).toBe(0);
});
