import { expect, it } from 'vitest';
import { forgetOldest } from '../../src/process/forget-oldest.ts';

it('keeps the newest, and all of what is not too much', () => {
  const map = new Map([1, 2, 3, 4, 5].map((key) => [key, `${key}`]));
  forgetOldest(map, 5);
  expect(map.size).toBe(5);
  forgetOldest(map, 2);
  expect([...map.keys()]).toEqual([4, 5]);
});
