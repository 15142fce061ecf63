import { expect, test } from 'vitest';
import { publishedAt } from '../../src/market/cross-rates.ts';

// The Union's summer time, by Directive 2000/84/EC: from the last Sunday of March to the last Sunday of October.
test.each([
  ['2026-01-15', '2026-01-15T15:00:00.000Z'],
  ['2026-03-27', '2026-03-27T15:00:00.000Z'],
  ['2026-03-30', '2026-03-30T14:00:00.000Z'],
  ['2026-07-01', '2026-07-01T14:00:00.000Z'],
  ['2026-10-23', '2026-10-23T14:00:00.000Z'],
  ['2026-10-26', '2026-10-26T15:00:00.000Z'],
  ['2026-11-26', '2026-11-26T15:00:00.000Z'],
  ['2024-03-29', '2024-03-29T15:00:00.000Z'],
  ['2024-10-28', '2024-10-28T15:00:00.000Z'],
])('the rates of %s are of four in the afternoon, central European time', (day, at) => {
  expect(publishedAt(day).toISOString()).toBe(at);
});
