import { createServer, type Server } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import type { ResponseCache } from './http/response-cache.ts';
import { refuse, refuseUnread } from './refuse-unread.ts';

/** How long a client may take to send a request, ms. */
export type Patience = Readonly<{ headersMs: number; requestMs: number; checkEveryMs: number }>;

// A request takes milliseconds, and each that is not complete holds a connection: who is slower than this is not served.
const patience: Patience = { headersMs: 10_000, requestMs: 20_000, checkEveryMs: 5_000 };
// Longer than the minute after which balancers give up an idle connection: one that is closed from here may just be sent a request.
const idleMs = 75_000;

/** What is served, and the address that problems are named by. */
export type Served = Readonly<{
  fetch: Parameters<typeof getRequestListener>[0];
  front?: Pick<ResponseCache, 'answer'> | undefined;
  publicUrl: string;
}>;

/** The HTTP server of the API; its caller lets it listen. Heads of more than 16 KiB and heads of two meanings are refused. */
export function serveApi(
  { fetch, front, publicUrl }: Served,
  { headersMs, requestMs, checkEveryMs }: Patience = patience,
): Server {
  const serverOptions = {
    headersTimeout: headersMs,
    requestTimeout: requestMs,
    connectionsCheckingInterval: checkEveryMs,
    keepAliveTimeout: idleMs,
    maxHeaderSize: 16_384,
    // A body by two measures is how a request is smuggled past a proxy.
    insecureHTTPParser: false,
    // Refused below: Node says no more than 400.
    requireHostHeader: false,
  };
  const listener = getRequestListener(fetch, { hostname: 'localhost' });
  const server = createServer(serverOptions, (incoming, outgoing) => {
    // A probe by HTTP/1.0, as HAProxy's unless told otherwise, names no host; newer requests have to.
    if (incoming.httpVersion === '1.1' && incoming.headers.host === undefined)
      return refuse(outgoing, 'malformed_request', publicUrl);
    const pass = () => void listener(incoming, outgoing);
    if (front) front.answer(incoming, outgoing, pass);
    else pass();
  });
  refuseUnread(server, publicUrl);
  return server;
}
