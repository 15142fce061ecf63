// All leases are much shorter, so that none ends too late by a clock that is put right by seconds.
const longestSeconds = 60;

/**
 * SQL: whether a lease, whose end `column` is, ends later than any that begins now. The server's clock was ahead when it began, and has
 * been put right since: whoever held it may be gone, and what waits for its end would wait until the clock has come so far again.
 */
export function endsTooLate(column: string): string {
  return `${column} > utc_timestamp(3) + interval ${longestSeconds} second`;
}
