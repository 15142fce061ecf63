import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { MiddlewareHandler } from 'hono';
import { forgetOldest } from '../../process/forget-oldest.ts';
import type { RouteEnv } from '../callers/route-env.ts';

/** Answers that anybody may see, kept for a moment in front of the routes: a crowd that asks the same has the same bytes. */
export type FrontCopies = Readonly<{
  /** Answers a request from a copy; false when there is none for it. */
  answer(incoming: IncomingMessage, outgoing: ServerResponse): boolean;
  /** Keeps what the routes have answered, where it may be kept. */
  keep: MiddlewareHandler<RouteEnv>;
}>;

type Copy = Readonly<{ untilMs: number; head: readonly string[]; body: Buffer }>;

// Shorter than anybody can tell, and long enough for a hundred requests.
const keptMs = 20;
const most = 1_000;
const mostBytes = 65_536;
const requestIdName = 'x-request-id';

/** A request with no other fields says nothing of who asks, what they have already, or where they come from. */
const plain = new Set(['host', 'connection', 'accept', 'accept-encoding', 'accept-language', 'user-agent']);

/** Opens the copies of one process. `elapsedMs` is a clock that only goes on. */
export function openFrontCopies(elapsedMs: () => number = () => performance.now()): FrontCopies {
  const copies = new Map<string, Copy>();
  return {
    answer(incoming, outgoing) {
      const copy = copies.get(`${incoming.headers.host} ${incoming.url}`);
      if (!copy || copy.untilMs <= elapsedMs() || !isPlain(incoming)) return false;
      outgoing.writeHead(200, [...copy.head, requestIdName, randomUUID()]);
      outgoing.end(copy.body);
      return true;
    },
    async keep(c, next) {
      await next();
      const { res, env } = c;
      const incoming = incomingOf(env);
      if (!incoming || !isPlain(incoming) || !isForAll(res)) return;
      const body = Buffer.from(await res.clone().arrayBuffer());
      if (body.length > mostBytes) return;
      const fields = [...res.headers].filter(([name]) => name !== requestIdName);
      const head = [...fields.flat(), 'content-length', String(body.length)];
      copies.set(`${incoming.headers.host} ${incoming.url}`, { untilMs: elapsedMs() + keptMs, head, body });
      forgetOldest(copies, most);
    },
  };
}

function isPlain({ method, rawHeaders }: IncomingMessage): boolean {
  if (method !== 'GET') return false;
  let hosts = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? '').toLowerCase();
    if (!plain.has(name)) return false;
    if (name === 'host') hosts += 1;
  }
  return hosts === 1;
}

/** A copy that caches may keep for a while. */
function isForAll({ status, headers }: Response): boolean {
  return status === 200 && /^public, max-age=[1-9]/.test(headers.get('cache-control') ?? '') && headers.has('etag');
}

/** The request as the server has it; one that came over no socket has none. */
function incomingOf(env: unknown): IncomingMessage | undefined {
  return typeof env === 'object' && env !== null && 'incoming' in env && isIncoming(env.incoming)
    ? env.incoming
    : undefined;
}

function isIncoming(value: unknown): value is IncomingMessage {
  return typeof value === 'object' && value !== null && 'rawHeaders' in value && 'headers' in value;
}
