import { useEffect, useRef, useState } from 'preact/hooks';
import { askQuickly } from './ask-api.ts';
import { Refused } from './refused.ts';
import { onSeen } from './seen.ts';

/** What was read last, and, when the newest attempt has failed, why. */
export type Reading<T> = Readonly<{ value: T | undefined; failure: Refused | undefined; read(): Promise<void> }>;

const patienceMs = 4_000;
// What lay with the moment may be over, also where it is read every ten minutes.
const retryMs = 3_000;

/**
 * Reads `source`, a path of the API or a way to read, now, again and again, as long as the page is seen, and when it is seen
 * again; nothing while there is none. Another source is read at once.
 */
export function useReading<T>(source: string | (() => Promise<T>) | undefined, everyMs = 1_000): Reading<T> {
  const [value, setValue] = useState<T>();
  const [failure, setFailure] = useState<Refused>();
  // An answer that was asked for earlier, and comes later, is old.
  const begun = useRef(0);
  const shown = useRef(0);
  const attempt = async (): Promise<Refused | undefined> => {
    if (source === undefined) return undefined;
    begun.current += 1;
    const turn = begun.current;
    const asking = typeof source === 'string' ? askQuickly<T>(source, patienceMs) : source();
    const answer = await asking.catch(asRefused);
    const refusal = answer instanceof Refused ? answer : undefined;
    if (turn < shown.current) return refusal;
    shown.current = turn;
    setFailure(refusal);
    if (!(answer instanceof Refused)) setValue(answer);
    return refusal;
  };
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>;
    let isGone = false;
    const turn = async () => {
      clearTimeout(timer);
      const refusal = document.hidden ? undefined : await attempt();
      clearTimeout(timer);
      if (!isGone) timer = setTimeout(() => void turn(), refusal?.isWeather ? Math.min(retryMs, everyMs) : everyMs);
    };
    void turn();
    const stop = onSeen(() => void turn());
    return () => {
      isGone = true;
      clearTimeout(timer);
      stop();
    };
  }, [source, everyMs]);
  return { value, failure, read: async () => void (await attempt()) };
}

function asRefused(error: unknown): Refused {
  return error instanceof Refused ? error : new Refused(0, String(error));
}
