import fc from 'fast-check';
import { expect, test } from 'vitest';
import { mergeIds, mergeMinutes, mergeTurns } from '../../../src/jobs/shards/merge.ts';

/** Up to five lists of ids, no id twice. */
const lists = fc
  .uniqueArray(fc.tuple(fc.uuid(), fc.nat(4)), { maxLength: 100, selector: ([id]) => id })
  .map((some) => [...Map.groupBy(some, ([, list]) => list).values()].map((list) => list.map(([id]) => id)));

test('the lists of several shards are one list by age, of which a page is what it would be', () => {
  fc.assert(
    fc.property(lists, fc.nat(110), fc.boolean(), (listed, count, isOldestFirst) => {
      const sorted = (some: readonly string[]) => (isOldestFirst ? some.toSorted() : some.toSorted().toReversed());
      const merged = mergeIds(listed.map(sorted), { count, isOldestFirst });
      expect(merged).toEqual(sorted(listed.flat()).slice(0, count));
    }),
  );
});

test('a shard’s own order stays, whatever it is', () => {
  fc.assert(
    fc.property(lists, (listed) => {
      const merged = mergeIds(listed, { count: Number.POSITIVE_INFINITY, isOldestFirst: true });
      for (const list of listed) {
        const own = new Set(list);
        expect(merged.filter((id) => own.has(id))).toEqual(list);
      }
    }),
  );
});

test('lists that are served in turns are one in which none waits for the end of another', () => {
  const both = mergeTurns([['b', 'd', 'e'], [], ['a', 'z']], Number.POSITIVE_INFINITY);
  expect(both).toEqual(['a', 'b', 'd', 'z', 'e']);
  fc.assert(
    fc.property(lists, fc.nat(110), (listed, count) => {
      const merged = mergeTurns(listed, count);
      expect(merged).toEqual(mergeTurns(listed, Number.POSITIVE_INFINITY).slice(0, count));
      for (const list of listed) {
        const own = merged.filter((id) => list.includes(id));
        expect(own).toEqual(list.slice(0, own.length));
        expect(own.length).toBeGreaterThanOrEqual(Math.min(list.length, Math.floor(merged.length / listed.length)));
      }
    }),
  );
});

test('what shards have counted by the minute is added up by the minute', () => {
  const minute = (count: number) => String(60_000 * count + 7_000);
  // The second has been quiet for two minutes.
  const both = mergeMinutes([
    [['30', minute(9), '28'], ['5', '3', '20'], 3],
    [['12', minute(7), '12'], ['12'], 1],
  ]);
  expect(both).toEqual([['42', minute(9), '40'], ['5', '3', '32'], 3]);
});

test('shards that have counted nothing yet are none the less shards', () => {
  const nothing: [string[], string[], number] = [[], [], 0];
  expect(mergeMinutes([nothing, nothing])).toEqual([['0', '0', '0'], [], 0]);
});
