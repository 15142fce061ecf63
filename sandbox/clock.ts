/** What an upstream takes for the present, in UNIX milliseconds. */
export type Clock = () => number;

/** A clock that stood at `startsAt` when it was opened and goes on from there; the machine's own without one. */
export function openClock(startsAt: string | undefined): Clock {
  if (startsAt === undefined) return () => Date.now();
  const aheadMs = Date.parse(startsAt) - Date.now();
  return () => Date.now() + aheadMs;
}
