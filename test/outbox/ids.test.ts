import { expect, test } from 'vitest';
import { openMint } from '../../src/outbox/ids.ts';

test('ids rise from each to the next, however many in a millisecond, and are UUIDs of version 7', () => {
  const mint = openMint();
  const ids = Array.from({ length: 100_000 }, mint);
  expect(ids).toEqual([...new Set(ids)].toSorted());
  expect(ids.every((id) => /^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/.test(id))).toBe(true);
});

test('and where the clock has been set back', () => {
  const given = [
    '00000000-0002-7000-8000-0000000000ff',
    '00000000-0001-7000-8000-000000000001',
    '00000000-0003-7000-8000-000000000000',
  ];
  const mint = openMint(() => given.shift() ?? '');
  expect([mint(), mint(), mint()]).toEqual([
    '00000000-0002-7000-8000-0000000000ff',
    '00000000-0002-7000-8000-000000000100',
    '00000000-0003-7000-8000-000000000000',
  ]);
});
