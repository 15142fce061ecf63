/** Something outside did not answer in time. Whether it was done is not known. */
export class TooLate extends Error {
  override name = 'TooLate';
}

/** Whether a signal has aborted because the process ends, and not because a time is over. */
export function isShutDown({ aborted, reason }: AbortSignal): boolean {
  return aborted && !(reason instanceof DOMException && reason.name === 'TimeoutError');
}

/** The work's result. @throws the signal's reason when that aborts first; the work itself goes on, unheard. */
export async function unlessCut<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  signal.throwIfAborted();
  const cut = Promise.withResolvers<never>();
  const refuse = () => cut.reject(signal.reason);
  signal.addEventListener('abort', refuse, { once: true });
  const working = work();
  working.catch(() => {});
  try {
    return await Promise.race([working, cut.promise]);
  } finally {
    signal.removeEventListener('abort', refuse);
  }
}

/** The work's result. @throws TooLate when it has not come within `deadlineMs`; the work itself goes on, unheard. */
export async function within<T>(deadlineMs: number, what: string, work: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const refuse = () => late.reject(new TooLate(`${what} did not answer within ${deadlineMs} ms`));
  // A process that was busy for that long has not looked yet whether the answer is there; it does so first.
  const timer = setTimeout(() => setImmediate(refuse), deadlineMs);
  work.catch(() => {});
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
