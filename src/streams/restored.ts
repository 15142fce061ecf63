import { beginning } from './stream-id.ts';

// Redis counts from zero within a millisecond, and never gets this far: entries with such a number have been restored.
const restoredFrom = 1_000_000_000_000;
// An event is appended within moments of its time, and within seconds when the process that wrote it has died.
const lateMs = 15_000;

/** The id of an entry that is restored from the log: its time, and its place there. */
export function restoredId(timeMs: number, logPosition: number): string {
  return `${timeMs}-${restoredFrom + logPosition}`;
}

/** Whether an entry's id is such a one; ids that Redis gives are not. */
export function isRestored(id: string): boolean {
  return sequenceOf(id) >= restoredFrom;
}

/**
 * Whether a position was given out before its stream was lost. `whole` is the mark of the stream: since when, in ms, it is
 * whole again, or null while it is not. What came after such a position has got other ids.
 */
export function isOfLostStream(position: string, whole: string | null): boolean {
  if (position === beginning || whole === null) return false;
  return momentOf(position) < Number(whole) && !isRestored(position);
}

/** From where to read a restored stream so that all comes that may have come after a moment of the lost one. */
export function readAgainFrom(momentMs: number): string {
  return restoredId(Math.max(0, momentMs - lateMs), 0);
}

/** The moment of a position. */
export function momentOf(position: string): number {
  return Number(position.split('-')[0]);
}

function sequenceOf(position: string): number {
  return Number(position.split('-')[1]);
}
