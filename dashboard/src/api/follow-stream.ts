import { doubt } from './doubt.ts';
import { isPageAttended, onAttendance } from './seen.ts';

/** How a live connection is: not yet, yes, or lost and coming back. */
export type LiveState = 'connecting' | 'live' | 'waiting';

/** An event of a stream, as the API sends it. */
export type StreamEvent = Readonly<{
  id: string;
  type: string;
  version: number;
  time: string;
  subject: string;
  data: Record<string, unknown>;
}>;

/** Who listens: `onReset` means that events may be missing, so the state is to be read anew. */
export type StreamListener = Readonly<{
  onEvent(event: StreamEvent): void;
  onReset(): void;
  onState(state: LiveState): void;
}>;

const retryMs = 3_000;

/**
 * Follows a stream until the returned function is called. The browser comes back by itself with the last event's id,
 * and then nothing is missing; only a first connection, a gap or an answer that was no stream make a reset. Nothing is followed
 * while nobody sees the page: over HTTP/1.1 a browser has six connections to a server, for all of its pages together.
 */
export function followStream(path: string, types: readonly string[], listener: StreamListener): () => void {
  let source: EventSource | undefined;
  let retry: ReturnType<typeof setTimeout> | undefined;
  const connect = () => {
    let hasBeenOpen = false;
    const own = new EventSource(path);
    source = own;
    own.addEventListener('open', () => {
      listener.onState('live');
      if (!hasBeenOpen) listener.onReset();
      hasBeenOpen = true;
    });
    own.addEventListener('error', () => {
      listener.onState('waiting');
      if (own.readyState !== EventSource.CLOSED) return;
      // It was refused, and the browser does not tell why.
      doubt();
      retry = setTimeout(connect, retryMs * (1 + Math.random()));
    });
    // The process ends, or the login has: the one comes back, of the other somebody has to be told.
    own.addEventListener('bye', doubt);
    own.addEventListener('gap', listener.onReset);
    for (const type of types) own.addEventListener(type, ({ data }) => listener.onEvent(eventOf(String(data))));
  };
  const close = () => {
    clearTimeout(retry);
    source?.close();
  };
  const stopHearing = onAttendance((isAttended) => {
    close();
    listener.onState('connecting');
    if (isAttended) connect();
  });
  if (isPageAttended()) connect();
  return () => {
    stopHearing();
    close();
  };
}

// Only events of the named types come here, and their shape is the API's promise.
function eventOf(data: string): StreamEvent {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion, typescript/consistent-type-assertions
  return JSON.parse(data) as StreamEvent;
}
