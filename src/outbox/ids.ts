import { randomUUIDv7 } from 'node:crypto';

/** Mints ids. */
export type Mint = () => string;

/**
 * Opens a mint of UUIDv7s that rise from each to the next, also within a millisecond, where Node's own rise by chance: what
 * one process has written can be told in the order in which it was.
 */
export function openMint(next: Mint = randomUUIDv7): Mint {
  let last = '';
  return () => {
    const id = next();
    last = id > last ? id : following(last);
    return last;
  };
}

/** One more, in the 48 bits of chance at the end; after the last of them, no more than another of this moment. */
function following(id: string): string {
  const tail = Number.parseInt(id.slice(-12), 16) + 1;
  return `${id.slice(0, -12)}${tail.toString(16).padStart(12, '0').slice(-12)}`;
}

const [earliestMs, latestMs] = [0, 2 ** 48 - 1];

/** What the UUIDv7s of a moment begin with. */
export function firstIdOf(atMs: number): string {
  const digits = Math.min(Math.max(atMs, earliestMs), latestMs).toString(16).padStart(12, '0');
  return `${digits.slice(0, 8)}-${digits.slice(8)}`;
}

/** The moment that a UUIDv7 begins with, ms; undefined for another UUID. */
export function momentOfId(id: string): number | undefined {
  return id.charAt(14) === '7' ? Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16) : undefined;
}
