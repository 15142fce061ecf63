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

/** As {@link unlessCut} when a time is over. When the process ends, the work is told so, and waited for while it puts things in order. */
export async function unlessTimedOut<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  const timedOut = new AbortController();
  const refuse = () => {
    if (!isShutDown(signal)) timedOut.abort(signal.reason);
  };
  if (signal.aborted) refuse();
  signal.addEventListener('abort', refuse, { once: true });
  try {
    return await unlessCut(timedOut.signal, work);
  } finally {
    signal.removeEventListener('abort', refuse);
  }
}

/** The work's result. @throws TooLate when it has not come within `deadlineMs`; the work itself goes on, unheard. */
export async function within<T>(deadlineMs: number, what: string, work: Promise<T>): Promise<T> {
  return inTime(deadlineMs, work, () => new TooLate(`${what} did not answer within ${deadlineMs} ms`));
}

/** The work's result. @throws what `refusal` says when it has not come within `deadlineMs`; the work itself goes on, unheard. */
export async function inTime<T>(deadlineMs: number, work: Promise<T>, refusal: () => Error): Promise<T> {
  const late = Promise.withResolvers<never>();
  const deadline = startDeadline(deadlineMs, () => late.reject(refusal()));
  work.catch(() => {});
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    deadline.clear();
  }
}

/** As `AbortSignal.timeout`, and fair to a process that stood still: what came meanwhile is heard first. It keeps no process alive. */
export function startTimeout(timeoutMs: number): Readonly<{ signal: AbortSignal; clear(): void }> {
  const controller = new AbortController();
  const abort = () => controller.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError'));
  const deadline = startDeadline(timeoutMs, abort);
  deadline.unref();
  return { signal: controller.signal, clear: deadline.clear };
}

// A timer that comes later than this shows that the process stood still: stopped, suspended, or busy with one thing.
const mostLateMs = 250;
// For what has come meanwhile, and what is asked for after it.
const longestGraceMs = 1_000;

/** Ends a wait. Timers come before what has arrived: a process that stood still looks first what is there, and waits a little more. */
function startDeadline(deadlineMs: number, end: () => void) {
  const dueAtMs = performance.now() + deadlineMs;
  const look = () => setImmediate(end);
  let isKept = true;
  let timer = setTimeout(() => {
    if (performance.now() - dueAtMs <= mostLateMs) return void look();
    timer = setTimeout(look, Math.min(deadlineMs, longestGraceMs));
    if (!isKept) timer.unref();
  }, deadlineMs);
  return {
    clear: () => clearTimeout(timer),
    unref() {
      isKept = false;
      timer.unref();
    },
  };
}
