import { isRestored } from './restored.ts';
import type { StreamEntry } from './stream-entry.ts';

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
