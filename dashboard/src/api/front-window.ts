import { useEffect, useState } from 'preact/hooks';
import { openListeners } from './listeners.ts';

const changes = openListeners<boolean>();
const others = new BroadcastChannel('orderflow-front');
let isInFront = true;

others.addEventListener('message', () => change(false));
addEventListener('focus', comeForward);
// What is opened behind the others stays there.
if (!document.hidden) comeForward();

// Over newer protocols one connection carries whatever all windows follow.
const isCrowded = performance
  .getEntriesByType('navigation')
  .some((entry) => entry instanceof PerformanceResourceTiming && entry.nextHopProtocol === 'http/1.1');

/** Whether there is room for more than the page needs: of windows that share six connections, only in the one used last. */
export function useRoom(): boolean {
  const [isNow, setIsNow] = useState(isInFront);
  useEffect(() => changes.hear(setIsNow), []);
  return isNow || !isCrowded;
}

function comeForward(): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a channel has one origin, the page's own
  others.postMessage('');
  change(true);
}

function change(isNow: boolean): void {
  isInFront = isNow;
  changes.tell(isNow);
}
