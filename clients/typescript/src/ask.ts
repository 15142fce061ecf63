import { anyOf, backoffMs, pause, startTimeout } from './pause.ts';
import { segmentOf } from './path-segment.ts';
import { NoAnswer, refusalOf, Refused, retryAfterMsOf } from './refusals.ts';
import type { Send } from './send.ts';
import { parsed } from './trust.ts';
import { Unsendable } from './unsendable.ts';

/** How an operation is asked; the generated ones say it of each. */
export type Operation = Readonly<{ method: string; path: string; isKeyed: boolean }>;

/** What an operation takes: parameters of the path and of the query by name, and the body. */
export type Input = Readonly<Record<string, unknown>>;

/** How it shall be asked. */
export type Asking = Readonly<{
  /** Names what shall happen once, such as `cart-4711`: it is the Idempotency-Key of every try. Default: a new one for this call. */
  intention?: string | undefined;
  signal?: AbortSignal | undefined;
  /** How long one try may take. Default: 30 s. */
  timeoutMs?: number | undefined;
  /** How long tries may be repeated where that helps. Default: 60 s; 0: not at all. */
  patienceMs?: number | undefined;
}>;

/** Asks until there is an answer, and returns it. @throws Refused, NoAnswer, TypeError, or the signal's reason */
export type Ask = (operation: Operation, input?: Input, asking?: Asking) => Promise<unknown>;

// Who is told this knows that nothing has been begun.
const notBegun = new Set(['too_many_requests', 'overloaded']);
const worthRepeating = new Set([409, 429, 502, 503, 504]);
const jitterMs = 250;

/** Opens the way to ask for operations; tries are repeated as the problem advises. */
export function openAsk(send: Send): Ask {
  return async (operation, input = {}, asking = {}) => {
    const { signal, timeoutMs = 30_000, patienceMs = 60_000 } = asking;
    const intention = operation.isKeyed ? (asking.intention ?? newIntention()) : undefined;
    // A try and a wait count for no more than they may take: when they took longer, this side stood still.
    let spentMs = 0;
    for (let attempt = 1; ; attempt += 1) {
      signal?.throwIfAborted();
      const begunAtMs = performance.now();
      const answer = await tryOnce(send, operation, input, { ...asking, timeoutMs, intention });
      if ('body' in answer) return answer.body;
      const waitMs = waitAfter(answer, operation, attempt);
      spentMs += Math.min(performance.now() - begunAtMs, timeoutMs) + (waitMs ?? 0);
      if (waitMs === undefined || spentMs > patienceMs) throw answer.error;
      await pause(waitMs, signal);
    }
  };
}

// `randomUUID` is there only on secure origins; a page that came over plain HTTP from another machine is none.
function newIntention(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Why there is no answer; where the operation has not been sent, it can be sent again whatever it is. */
type Failure = Readonly<{ error: Refused | NoAnswer; isSent: boolean }>;
type Answer = Readonly<{ body: unknown }> | Failure;

async function tryOnce(
  send: Send,
  operation: Operation,
  input: Input,
  { intention, signal, timeoutMs }: Asking & Readonly<{ timeoutMs: number }>,
): Promise<Answer> {
  const { method } = operation;
  const { target, body } = requestOf(operation, input);
  const headers = {
    accept: 'application/json, application/problem+json',
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(intention === undefined ? {} : { 'idempotency-key': intention }),
  };
  const timeout = startTimeout(timeoutMs);
  try {
    const until = anyOf(signal, timeout.signal);
    const response = await send(target, { method, headers, signal: until, ...(body === undefined ? {} : { body }) });
    const text = await response.text();
    if (!response.ok) return { error: refusalOf(response, text), isSent: true };
    if (response.status === 202 && method === 'GET') {
      const advice = { retryAfterMs: retryAfterMsOf(response) };
      return { error: new NoAnswer(`${target} is still being fetched`, advice), isSent: true };
    }
    return { body: text === '' ? undefined : parsed(text) };
  } catch (cause) {
    signal?.throwIfAborted();
    if (cause instanceof Unsendable) throw cause;
    // The login on the way was refused.
    if (cause instanceof Refused) return { error: cause, isSent: false };
    const error = new NoAnswer(`no answer to ${method} ${target}`, { cause, intention });
    return { error, isSent: !(cause instanceof NoAnswer) };
  } finally {
    timeout.clear();
  }
}

/** How long to wait before the next try; undefined: it would not help, or might do something twice. */
function waitAfter({ error, isSent }: Failure, { method, isKeyed }: Operation, attempt: number): number | undefined {
  const { retryAfterMs } = error;
  const advisedMs = retryAfterMs === undefined ? undefined : retryAfterMs + Math.random() * jitterMs;
  const isRepeatable = !isSent || isKeyed || (method !== 'POST' && method !== 'PATCH');
  if (error instanceof NoAnswer) return isRepeatable ? (advisedMs ?? backoffMs(attempt)) : undefined;
  if (!worthRepeating.has(error.status)) return undefined;
  if (!isRepeatable && !notBegun.has(error.code ?? '')) return undefined;
  // The API says so when waiting helps; what stands before it often says nothing.
  return advisedMs ?? (error.problem ? undefined : backoffMs(attempt));
}

function requestOf({ path, method }: Operation, { body, ...parameters }: Input) {
  const query = new URLSearchParams();
  const left = new Map(Object.entries(parameters).filter(([, value]) => value !== undefined));
  const place = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = left.get(name);
    left.delete(name);
    return segmentOf(name, value);
  });
  for (const [name, value] of left) query.set(name, String(value));
  const target = query.size > 0 ? `${place}?${query}` : place;
  return { target, body: body === undefined || method === 'GET' ? undefined : JSON.stringify(body) };
}
