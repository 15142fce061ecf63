// More than twice this between two looks is more than a busy moment.
const lookEveryMs = 500;

/** A clock that leaves out for how long this process stood still: stopped, suspended, or busy with one thing. */
export type OwnClock = Readonly<{
  /** The time in which the process went on, ms, from whenever. */
  elapsedMs(): number;
  /** For how long it stood still since the clock was opened, ms. */
  stoodMs(): number;
  close(): undefined;
}>;

/** Opens one, until it is closed. It keeps no process alive. */
export function openOwnClock(): OwnClock {
  let seenAtMs = performance.now();
  let stoodMs = 0;
  const elapsedMs = () => {
    const nowMs = performance.now();
    const unseenMs = nowMs - seenAtMs;
    if (unseenMs > 2 * lookEveryMs) stoodMs += unseenMs - lookEveryMs;
    seenAtMs = nowMs;
    return nowMs - stoodMs;
  };
  const looking = setInterval(elapsedMs, lookEveryMs).unref();
  return {
    elapsedMs,
    stoodMs() {
      elapsedMs();
      return stoodMs;
    },
    close() {
      clearInterval(looking);
      return undefined;
    },
  };
}
