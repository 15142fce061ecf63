import { useEffect, useRef, useState } from 'preact/hooks';
import type { StreamEvent } from './follow-stream.ts';
import { onAttendance } from './seen.ts';

/** How many events have come, and how many of those that must have been there never did. */
export type Tally = Readonly<{ events: number; missed: number }>;

// Everybody's orders of a long day. Once some are forgotten, what is not known may be one of them, and not new.
const mostSubjects = 10_000;

/**
 * Counts events by the versions of their subjects, which have no gaps: a jump is something missed. What happens while nobody sees
 * the page is not followed, and so not missed.
 */
export function useTally(): Readonly<{
  tally: Tally;
  /** Of a subject that is known to be `isNew`, everything must come; else what came before the page is not missed. */
  note(event: StreamEvent, isNew?: boolean): void;
}> {
  const [tally, setTally] = useState<Tally>({ events: 0, missed: 0 });
  const versions = useRef(new Map<string, number>());
  const hasForgotten = useRef(false);
  useEffect(
    () =>
      onAttendance(() => {
        versions.current.clear();
        hasForgotten.current = false;
      }),
    [],
  );
  const note = ({ subject, version }: StreamEvent, isNew = false) => {
    const last = versions.current.get(subject) ?? (isNew && !hasForgotten.current ? 0 : version - 1);
    if (version <= last) return;
    versions.current.delete(subject);
    versions.current.set(subject, version);
    const [oldest = ''] = versions.current.keys();
    if (versions.current.size > mostSubjects) hasForgotten.current = versions.current.delete(oldest);
    setTally(({ events, missed }) => ({ events: events + 1, missed: missed + version - last - 1 }));
  };
  return { tally, note };
}
