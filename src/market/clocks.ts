// What another process has written may be ahead by as much as clocks differ.
const aheadMs = 5_000;

/** The latest moment, UNIX ms, that something which has happened may bear; what is later was not written by us. */
export function latestBelieved(now: Date): number {
  return now.getTime() + aheadMs;
}
