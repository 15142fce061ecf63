import type { IncomingHttpHeaders } from 'node:http';

/** The upstreams the sandbox stands in for. */
export const targets = ['finnhub', 'stripe', 'products', 'rates'] as const;

/** One of the upstreams. */
export type Target = (typeof targets)[number];

/** A request as an upstream sees it: read whole, stamped with the moment its headers arrived. */
export interface Question {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** From whichever header or parameter the upstream's clients use. */
  readonly apiKey: string | null;
  readonly body: string;
  readonly atMs: number;
}

/** What goes back over the wire; `lost` answers never do: the socket is left open or dropped. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly lost?: 'hang' | 'drop';
}

/** Something that answers questions, as an upstream or a part of one. */
export type Answerer = (question: Question) => Answer | Promise<Answer>;

/** An answer with a JSON body. */
export function json(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Answer {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
    body: JSON.stringify(value),
  };
}

/** An answer with a body of another kind. */
export function text(status: number, type: string, body: string): Answer {
  return { status, headers: { 'content-type': `${type}; charset=utf-8` }, body };
}

/** No answer at all: the caller's own timeout has to end it (`hang`), or the socket breaks (`drop`). */
export function lost(how: 'hang' | 'drop'): Answer {
  return { status: 0, headers: {}, body: '', lost: how };
}
