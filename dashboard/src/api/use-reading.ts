import { useEffect, useRef, useState } from 'preact/hooks';
import { askQuickly } from './ask-api.ts';
import { Refused } from './refused.ts';

/** What was read last, and, when the newest attempt has failed, why. */
export type Reading<T> = Readonly<{ value: T | undefined; failure: Refused | undefined; read(): Promise<void> }>;

const patienceMs = 4_000;

/**
 * Reads `source`, a path of the API or a way to read, now and again and again, as long as the page is seen; nothing while
 * there is none. Another source is read at once.
 */
export function useReading<T>(source: string | (() => Promise<T>) | undefined, everyMs = 1_000): Reading<T> {
  const [value, setValue] = useState<T>();
  const [failure, setFailure] = useState<Refused>();
  // An answer that was asked for earlier, and comes later, is old.
  const begun = useRef(0);
  const shown = useRef(0);
  const read = async () => {
    if (source === undefined) return;
    begun.current += 1;
    const turn = begun.current;
    const asking = typeof source === 'string' ? askQuickly<T>(source, patienceMs) : source();
    const answer = await asking.catch(asRefused);
    if (turn < shown.current) return;
    shown.current = turn;
    if (answer instanceof Refused) return setFailure(answer);
    setValue(answer);
    setFailure(undefined);
  };
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>;
    let isGone = false;
    const turn = async () => {
      if (!document.hidden) await read();
      if (!isGone) timer = setTimeout(() => void turn(), everyMs);
    };
    void turn();
    return () => {
      isGone = true;
      clearTimeout(timer);
    };
  }, [source, everyMs]);
  return { value, failure, read };
}

function asRefused(error: unknown): Refused {
  return error instanceof Refused ? error : new Refused(0, String(error));
}
