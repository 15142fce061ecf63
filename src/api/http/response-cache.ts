import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { forgetOldest } from '../../process/forget-oldest.ts';
import type { Around } from '../callers/route-env.ts';
import { incomingOf } from './incoming.ts';

/**
 * Answers that anybody may see, kept for a moment in front of the routes: a crowd that asks the same has the same bytes, and one
 * that comes before there are any waits for those of the first.
 */
export type ResponseCache = Readonly<{
  /** Answers a request from a copy; where there is none for it, `pass` hands it to the routes. */
  answer(incoming: IncomingMessage, outgoing: ServerResponse, pass: () => void): void;
  /** Keeps what the routes have answered, where it may be kept, and tells them how long the request was held. */
  keep: Around;
}>;

type Copy = Readonly<{ atMs: number; head: readonly string[]; body: string; encoding: 'latin1' | 'utf8' }>;
type Waiting = Readonly<{ incoming: IncomingMessage; outgoing: ServerResponse; atMs: number; pass(): void }>;

// Shorter than anybody can tell, and long enough for a hundred requests. Who comes later asks the routes anew; while they are
// at it, others have the old copy for a tenth of a second more.
const freshMs = 50;
const keptMs = 150;
// A first that takes longer holds nobody up.
const usualPatienceMs = 1_000;
const most = 1_000;
const mostBytes = 65_536;
const requestIdName = 'x-request-id';

/** A request with no other fields says nothing of who asks, what they have already, or where they come from. */
const plain = new Set(['host', 'connection', 'accept', 'accept-encoding', 'accept-language', 'user-agent']);
// What answers with copies; whoever asks for anything else waits for nobody.
const hasCopies = /^\/market\//;

/** Opens the copies of one process. `elapsedMs` is a clock that only goes on; nobody waits longer for a first than `patienceMs`. */
export function openResponseCache(elapsedMs = () => performance.now(), patienceMs = usualPatienceMs): ResponseCache {
  const copies = new Map<string, Copy>();
  // Of each request that the routes are at work on, the same ones that have come since.
  const crowds = new Map<string, Waiting[]>();
  // How long each of those has waited, ms.
  const held = new WeakMap<IncomingMessage, number>();

  const release = (name: string, copy: Copy | undefined) => {
    const crowd = crowds.get(name) ?? [];
    crowds.delete(name);
    for (const { incoming, outgoing, atMs, pass } of crowd) {
      held.set(incoming, elapsedMs() - atMs);
      if (copy) send(copy, outgoing);
      else pass();
    }
  };
  return {
    answer(incoming, outgoing, pass) {
      const name = nameOf(incoming);
      if (name === undefined) return pass();
      const [copy, crowd] = [copies.get(name), crowds.get(name)];
      if (copy && elapsedMs() - copy.atMs < (crowd ? keptMs : freshMs)) return send(copy, outgoing);
      if (crowd) return void crowd.push({ incoming, outgoing, atMs: elapsedMs(), pass });
      if (hasCopies.test(incoming.url ?? '')) {
        crowds.set(name, []);
        const impatient = setTimeout(() => release(name, undefined), patienceMs);
        outgoing.once('close', () => {
          clearTimeout(impatient);
          release(name, undefined);
        });
      }
      return pass();
    },
    async keep(c, next) {
      const incoming = incomingOf(c.env);
      const name = incoming && nameOf(incoming);
      c.set('heldMs', incoming && held.get(incoming));
      let copy: Copy | undefined;
      try {
        await next();
        if (name !== undefined && isForAll(c.res)) copy = await copyOf(c.res, elapsedMs());
      } finally {
        if (name !== undefined) {
          if (copy) copies.set(name, copy);
          forgetOldest(copies, most);
          release(name, copy);
        }
      }
    },
  };
}

function send({ head, body, encoding }: Copy, outgoing: ServerResponse): void {
  outgoing.writeHead(200, [...head, requestIdName, randomUUID()]);
  // As text it leaves in one piece with what stands before it.
  outgoing.end(body, encoding);
}

async function copyOf(answer: Response, atMs: number): Promise<Copy | undefined> {
  const body = await answer.clone().text();
  const length = Buffer.byteLength(body);
  if (length > mostBytes) return undefined;
  const fields = [...answer.headers].filter(([name]) => name !== requestIdName);
  const head = [...fields.flat(), 'content-length', String(length)];
  return { atMs, head, body, encoding: length === body.length ? 'latin1' : 'utf8' };
}

/** What a copy is kept under; undefined for a request that says anything of its own. */
function nameOf({ method, url, rawHeaders }: IncomingMessage): string | undefined {
  if (method !== 'GET') return undefined;
  let host: string | undefined;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? '').toLowerCase();
    if (!plain.has(name) || (name === 'host' && host !== undefined)) return undefined;
    if (name === 'host') host = rawHeaders[index + 1];
  }
  return host === undefined ? undefined : `${host} ${url}`;
}

/** A copy that caches may keep for a while. */
function isForAll({ status, headers }: Response): boolean {
  return status === 200 && /^public, max-age=[1-9]/.test(headers.get('cache-control') ?? '') && headers.has('etag');
}
