/** Resolves after so long. @throws the signal's reason when that aborts meanwhile */
export async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted();
  await new Promise<void>((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener('abort', end);
  });
  signal?.throwIfAborted();
}

/** The wait before another try when nobody advises one: longer each time, and never that of all others who wait. */
export function backoffMs(attempt: number): number {
  return Math.random() * Math.min(5_000, 200 * 2 ** attempt);
}

/** Aborts as soon as one of them does. */
export function anyOf(...signals: readonly (AbortSignal | undefined)[]): AbortSignal {
  return AbortSignal.any(signals.filter((signal) => signal !== undefined));
}
