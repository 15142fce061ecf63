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

// Of a longer time, timers make none at all.
const longestMs = 2 ** 31 - 1;

/** Aborts after so long, unless it is cleared before. */
export function startTimeout(timeoutMs: number): Readonly<{ signal: AbortSignal; clear(): void }> {
  const controller = new AbortController();
  const abort = () => controller.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError'));
  // The timer holds the signal. Nothing holds one of `AbortSignal.timeout` in Node 20 that `AbortSignal.any` has taken in.
  const timer = setTimeout(abort, Math.min(timeoutMs, longestMs));
  return { signal: controller.signal, clear: () => clearTimeout(timer) };
}

/** Aborts as soon as one of them does; whoever asks for it has to hold them. */
export function anyOf(...signals: readonly (AbortSignal | undefined)[]): AbortSignal {
  return AbortSignal.any(signals.filter((signal) => signal !== undefined));
}
