import { afterEach, expect, test, vi } from 'vitest';
import { openOwnClock } from '../../src/process/own-clock.ts';

afterEach(() => vi.restoreAllMocks());

test('what passes while the process stands still does not pass on its clock, once it has been looked at often enough to tell', () => {
  let nowMs = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => nowMs);
  const clock = openOwnClock();
  nowMs = 900;
  expect([clock.elapsedMs(), clock.stoodMs()]).toEqual([900, 0]);
  nowMs += 60_000;
  const elapsedMs = clock.elapsedMs();
  expect(elapsedMs).toBeLessThan(2_000);
  expect(clock.stoodMs()).toBe(nowMs - elapsedMs);
  nowMs += 700;
  expect(clock.elapsedMs()).toBe(elapsedMs + 700);
  clock.close();
});
