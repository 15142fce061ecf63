import { useMemo } from 'preact/hooks';
import { askQuickly } from '../api/ask-api.ts';
import { Refused } from '../api/refused.ts';
import { type Reading, useReading } from '../api/use-reading.ts';

type Pending = Readonly<{ job_id?: string }>;

// A read waits three seconds for what has never been fetched; a copy that is there costs nothing.
const patienceMs = 6_000;
const everyMs = 10_000;

/** The stored copy of some market data, read now and again; what is being fetched is not there yet. */
export function useCopy<T>(name: string, symbol: string): Reading<T> {
  const read = useMemo(
    () => async () => {
      const answer = await askQuickly<T & Pending>(`/market/${name}?symbol=${encodeURIComponent(symbol)}`, patienceMs);
      if (answer.job_id !== undefined) throw new Refused(202, 'It is being fetched.');
      return answer;
    },
    [name, symbol],
  );
  return useReading<T>(read, everyMs);
}
