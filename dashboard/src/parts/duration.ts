/** A time that passes, for people: `4.2 s`, `12 min`, `3 h`. */
export function duration(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 && !Number.isInteger(seconds) ? 1 : 0)} s`;
  return seconds < 5_400 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3_600)} h`;
}

/** The same of what may be over in milliseconds: `12 ms`, `4.2 s`. */
export function took(seconds: number): string {
  return seconds < 1 ? `${Math.round(seconds * 1_000)} ms` : duration(seconds);
}
