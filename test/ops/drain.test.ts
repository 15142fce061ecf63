import { expect, test } from 'vitest';
import { isWorked } from '../../src/ops/drain.ts';

/** A queue at which nobody is seen until this look. */
function seenFrom(first: number) {
  let looks = 0;
  const getWorkers = async () => {
    looks += 1;
    return looks >= first ? [{ db: '3' }] : [{ db: '4' }];
  };
  return { getWorkers, looks: () => looks };
}

test('a worker that is away for a moment, as while it connects anew, is still somebody who works the queue', async () => {
  const queue = seenFrom(2);
  expect(await isWorked(queue, { REDIS_DB: 3 })).toBe(true);
  const late = seenFrom(4);
  expect(await isWorked(late, { REDIS_DB: 3 }, 5)).toBe(true);
  expect(late.looks()).toBe(4);
});

test('nobody works a queue at which none was seen in all looks, whoever works that of another installation', async () => {
  const queue = seenFrom(4);
  expect(await isWorked(queue, { REDIS_DB: 3 }, 3)).toBe(false);
  expect(queue.looks()).toBe(3);
});
