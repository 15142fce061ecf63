import { stat } from 'node:fs/promises';

/** Lets this process stand still for so long, as if it were stopped: what is due by then comes before what has arrived meanwhile. */
export async function standStill(ms: number): Promise<void> {
  // From here the timers are next. From one of them, what has arrived would be.
  await stat('.');
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
  // Until the loop looks at the clock again, a new timer would begin in the past.
  for (const _ of ['what is due', 'what has arrived']) await new Promise((resolve) => setImmediate(resolve));
}
