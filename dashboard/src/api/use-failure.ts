import { useEffect, useState } from 'preact/hooks';
import { Refused } from './refused.ts';
import { onFair } from './weather.ts';

/** What went wrong last, in words; empty when nothing has. */
export type Failure = Readonly<{ message: string; note(error: unknown): void; clear(): void }>;

// As long a sentence takes to be read.
const readMs = 4_000;

/** Keeps what went wrong until it is cleared; what lay with the moment, only until all is found well again. */
export function useFailure(): Failure {
  const [known, setKnown] = useState<Readonly<{ message: string; isWeather: boolean; atMs: number }>>();
  useEffect(() => {
    if (!known?.isWeather) return undefined;
    return onFair((askedAtMs) => {
      if (askedAtMs > known.atMs + readMs) setKnown(undefined);
    });
  }, [known]);
  return {
    message: known?.message ?? '',
    note: (error) =>
      setKnown({
        message: error instanceof Error ? error.message : String(error),
        isWeather: error instanceof Refused && error.isWeather,
        atMs: Date.now(),
      }),
    clear: () => setKnown(undefined),
  };
}
