import { useEffect, useState } from 'preact/hooks';
import { openListeners } from './listeners.ts';
import { onAttendance, onSeen } from './seen.ts';

const changes = openListeners<boolean>();
const others = new BroadcastChannel('orderflow-front');
let isInFront = true;
let following: ReturnType<typeof setTimeout> | undefined;
// Of several windows the quickest takes a place that is free; were they all as quick, each would give way to the others.
const mostWaitMs = 1_000;

// Another has come forward, or has gone and left the place to whoever is seen.
others.addEventListener('message', ({ data }) => {
  clearTimeout(following);
  if (data === 'here') change(false);
  else following = setTimeout(() => document.hidden || comeForward(), mostWaitMs * Math.random());
});
addEventListener('focus', comeForward);
addEventListener('pagehide', leave);
onSeen(comeForward);
onAttendance((isAttended) => isAttended || leave());
// What is opened behind the others stays there.
if (!document.hidden) comeForward();

// Over newer protocols one connection carries whatever all windows follow.
const isCrowded = performance
  .getEntriesByType('navigation')
  .some((entry) => entry instanceof PerformanceResourceTiming && entry.nextHopProtocol === 'http/1.1');

/** Whether there is room for more than the page needs: of windows that share six connections, only in the one used last. */
export function useRoom(): boolean {
  const [isNow, setIsNow] = useState(isInFront);
  useEffect(() => {
    setIsNow(isInFront);
    return changes.hear(setIsNow);
  }, []);
  return isNow || !isCrowded;
}

function comeForward(): void {
  say('here');
  change(true);
}

function leave(): void {
  if (isInFront) say('gone');
  change(false);
}

function say(word: 'here' | 'gone'): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a channel has one origin, the page's own
  others.postMessage(word);
}

function change(isNow: boolean): void {
  isInFront = isNow;
  changes.tell(isNow);
}
