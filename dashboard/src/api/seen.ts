import { openListeners } from './listeners.ts';

// Who looks at something else for a moment comes back to a page that has gone on.
const patienceMs = 10_000;

const attendance = openListeners<boolean>();
let isAttended = !document.hidden;
let leaving: ReturnType<typeof setTimeout> | undefined;

onVisibility(() => {
  clearTimeout(leaving);
  if (document.hidden) leaving = setTimeout(() => attend(false), patienceMs);
  else attend(true);
});

/** Whether somebody sees the page, or has seen it a few seconds ago. */
export const isPageAttended = (): boolean => isAttended;

/** Calls back with that whenever it changes, until the returned function is called. */
export const onAttendance = attendance.hear;

/** Calls back whenever the page is seen again, until the returned function is called. */
export function onSeen(listener: () => void): () => void {
  return onVisibility(() => {
    if (!document.hidden) listener();
  });
}

function onVisibility(listener: () => void): () => void {
  document.addEventListener('visibilitychange', listener);
  return () => document.removeEventListener('visibilitychange', listener);
}

function attend(isNow: boolean): void {
  if (isNow === isAttended) return;
  isAttended = isNow;
  attendance.tell(isNow);
}
