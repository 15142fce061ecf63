import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isShutDown, startTimeout, TooLate, unlessTimedOut, within } from '../../src/process/deadline.ts';
import { standStill } from '../support/processes/stand-still.ts';
import { listenElsewhere, type ServerElsewhere } from '../support/upstreams/server-elsewhere.ts';

let server: ServerElsewhere;
beforeAll(async () => {
  server = await listenElsewhere();
});
afterAll(() => server.close());

/** Asks the server for what it holds. */
const ask = async (signal: AbortSignal) => (await fetch(server.url, { method: 'POST', signal })).status;

test('after it stood still a process hears what came meanwhile, and ends what is late only after that', async () => {
  const { signal } = startTimeout(1_000);
  const answered = ask(signal);
  await server.held;
  server.goOn();
  await standStill(2_000);
  expect(await answered).toBe(200);
  // What is asked for next has no answer.
  await expect(ask(signal)).rejects.toThrow('aborted');
  expect(isShutDown(signal)).toBe(false);
  expect(signal.reason).toMatchObject({ name: 'TimeoutError' });
});

test('what has come to its end in time is not ended', async () => {
  const timeout = startTimeout(1);
  timeout.clear();
  await once(startTimeout(50).signal, 'abort');
  expect(timeout.signal.aborted).toBe(false);
});

test('work that needs another answer after a standstill has the time for it', async () => {
  const work = async () => {
    await standStill(2_000);
    await stat('.');
    return 'done';
  };
  expect(await within(1_000, 'it', work())).toBe('done');
  await expect(within(10, 'it', new Promise(() => {}))).rejects.toThrow(TooLate);
});

test('work is left when its time is over, and waited for when the process ends', async () => {
  const [time, ending] = [new AbortController(), new AbortController()];
  const left = unlessTimedOut(time.signal, () => new Promise(() => {}));
  time.abort(new DOMException('its time is over', 'TimeoutError'));
  await expect(left).rejects.toThrow('its time is over');
  await expect(unlessTimedOut(time.signal, async () => 'begun')).rejects.toThrow('its time is over');

  const order = Promise.withResolvers<string>();
  const ended = unlessTimedOut(ending.signal, () => order.promise);
  ending.abort();
  order.resolve('in order');
  expect(await ended).toBe('in order');
});
