import { beginning, type StreamEntry } from './entry.ts';

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

/** What a reader has heard, so that nothing is told twice. */
export type Heard = Readonly<{
  sinceMs: number;
  /** Whether this is news; it is none any more when it is asked of again. */
  isNews(entry: StreamEntry): boolean;
  /** The same in a restored stream: what was restored, and nothing is known of, is news only if it is younger than the reader. */
  isNewsAfterLoss(entry: StreamEntry): boolean;
}>;

// Far more subjects than are announced in the seconds that are read again after a loss.
const most = 20_000;

/** Opens the memory of a reader that began at that moment. Versions of one subject come in their order. */
export function openHeard(sinceMs: number): Heard {
  const versions = new Map<string, number>();
  const isNews = ({ subject, version }: StreamEntry) => {
    if (version <= (versions.get(subject) ?? 0)) return false;
    // The subject that was heard of last stands last.
    versions.delete(subject);
    versions.set(subject, version);
    for (const oldest of versions.keys()) {
      if (versions.size <= most) break;
      versions.delete(oldest);
    }
    return true;
  };
  return {
    sinceMs,
    isNews,
    isNewsAfterLoss: (entry) =>
      (!isRestored(entry.id) || versions.has(entry.subject) || entry.timeMs > sinceMs) && isNews(entry),
  };
}
