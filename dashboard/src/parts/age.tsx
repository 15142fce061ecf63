import { useEffect, useState } from 'preact/hooks';
import { duration } from './duration.ts';
import { serverNow } from '../api/server-clock.ts';

// Twice the longest pause that polling makes unless somebody has asked for another, and some.
const fewSeconds = 90;

/** How old something is, in seconds, looked at once a second. */
export function useAge(at: string | undefined): number | undefined {
  const [nowMs, setNowMs] = useState(serverNow);
  useEffect(() => {
    const timer = setInterval(() => setNowMs(serverNow()), 1_000);
    return () => clearInterval(timer);
  }, []);
  return at === undefined ? undefined : Math.max(0, Math.round((nowMs - Date.parse(at)) / 1_000));
}

/** Whether a price of this age is no longer what one expects to see. */
export const isOld = (ageSeconds: number): boolean => ageSeconds > fewSeconds;

/** Says how old a price is: always when none comes any more, else when it is older than usual. */
export function Age({ at, isLive }: Readonly<{ at: string; isLive: boolean }>) {
  const age = useAge(at);
  if (age === undefined || (isLive && !isOld(age))) return null;
  return (
    <span class="age" data-live={isLive} data-age={age}>
      {duration(age)} old
    </span>
  );
}
