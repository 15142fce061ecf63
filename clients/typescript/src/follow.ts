import { framesOf } from './frames.ts';
import { anyOf, pause } from './pause.ts';
import { NoAnswer, refusalOf, Refused } from './refusals.ts';
import type { Send } from './send.ts';
import { parsed } from './trust.ts';
import { Unsendable } from './unsendable.ts';

/** How a stream shall be followed. */
export type Following = Readonly<{
  /** The `position` of the last event that is known: what came after it follows. Default: from now on. */
  after?: string | undefined;
  /** Ends it; the loop then throws the signal's reason. */
  signal?: AbortSignal | undefined;
  /** How long the stream may be out of reach before it is given up. Default: five minutes. */
  patienceMs?: number | undefined;
}>;

/** Events are gone that would have come here: what was built of them is to be read anew. */
export type Gap = Readonly<{ type: 'gap'; reason: string }>;

/** What follows on a stream: events, each with the place from which one can go on later, and the news of a gap. */
export type Followed<Event> = (Event & Readonly<{ position: string }>) | Gap;

/** What the connection itself says: from here on, nothing is missed. */
export type Opened = Readonly<{ type: 'opened' }>;

// The API sends a mark every 15 s; after three it is the connection that is silent.
const mostSilenceMs = 45_000;
// A relay that starts again sends what it sent last; that is far less.
const mostRemembered = 10_000;
const firstRetryMs = 1_000;

/**
 * Follows a stream over lost connections, restarts of the API and its farewells: nothing is missed, and no event comes twice.
 * @throws Refused when the API will not have it, NoAnswer when it is away for too long, TypeError when nothing can be sent, or the
 * signal's reason
 */
export async function* follow<Event extends { id: string }>(
  send: Send,
  path: string,
  { after, signal, patienceMs = 300_000 }: Following,
): AsyncGenerator<Followed<Event> | Opened, void> {
  const isNew = rememberIds();
  let [position, retryMs] = [after, firstRetryMs];
  // How long the stream has been out of reach. A try and a wait count for no more than they may take: this side can stand still.
  let awayMs = 0;
  for (;;) {
    signal?.throwIfAborted();
    const begunAtMs = performance.now();
    const silence = openSilence();
    let fault: unknown;
    let hasHeard = false;
    try {
      const resume: Record<string, string> = position === undefined ? {} : { 'last-event-id': position };
      const headers = { accept: 'text/event-stream', ...resume };
      const response = await send(path, { headers, signal: anyOf(signal, silence.signal) });
      if (!response.ok || !response.body) throw refusalOf(response, await response.text());
      yield { type: 'opened' };
      for await (const frame of framesOf(response.body, () => silence.broken())) {
        hasHeard = true;
        retryMs = frame.retryMs ?? retryMs;
        position = frame.id ?? position;
        if (frame.event === 'bye') break;
        if (frame.data === undefined) continue;
        const event = parsed<Event & { reason: string }>(frame.data);
        if (frame.event === 'gap') yield { type: 'gap', reason: event.reason };
        else if (isNew(event.id)) yield { ...event, position: position ?? '' };
        // While whoever follows is busy with one, nobody reads: that is no silence of the stream.
        silence.broken();
      }
    } catch (error) {
      signal?.throwIfAborted();
      if (isFinal(error)) throw error;
      fault = error;
    } finally {
      silence.close();
    }
    awayMs = hasHeard ? 0 : awayMs + Math.min(performance.now() - begunAtMs, mostSilenceMs);
    const waitMs = (fault instanceof Refused ? fault.retryAfterMs : undefined) ?? retryMs;
    awayMs += waitMs;
    if (awayMs > patienceMs)
      throw fault instanceof Refused ? fault : new NoAnswer(`${path} does not stay open`, { cause: fault });
    await pause(waitMs, signal);
  }
}

/** Whether it would be the same the next time. */
function isFinal(error: unknown): boolean {
  if (error instanceof Unsendable) return true;
  return error instanceof Refused && error.status !== 429 && error.status < 500;
}

/** Aborts what says nothing for too long. */
function openSilence() {
  const controller = new AbortController();
  const abort = () => controller.abort(new NoAnswer('the stream has fallen silent', {}));
  let timer = setTimeout(abort, mostSilenceMs);
  return {
    signal: controller.signal,
    broken() {
      clearTimeout(timer);
      timer = setTimeout(abort, mostSilenceMs);
    },
    close() {
      clearTimeout(timer);
      // Whoever leaves the loop takes no more, and the API need not keep the connection.
      controller.abort();
    },
  };
}

/** Tells new ids from those of the last while. */
function rememberIds(): (id: string) => boolean {
  const seen = new Set<string>();
  return (id) => {
    if (seen.has(id)) return false;
    seen.add(id);
    const [oldest] = seen;
    if (seen.size > mostRemembered && oldest !== undefined) seen.delete(oldest);
    return true;
  };
}
