import { createServer, type Server } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import type { ResponseCache } from './http/response-cache.ts';

/** How long a client may take to send a request, ms. */
export type Patience = Readonly<{ headersMs: number; requestMs: number; checkEveryMs: number }>;

// A request takes milliseconds, and each that is not complete holds a connection: who is slower than this is not served.
const patience: Patience = { headersMs: 10_000, requestMs: 20_000, checkEveryMs: 5_000 };
// Longer than the minute after which balancers give up an idle connection: one that is closed from here may just be sent a request.
const idleMs = 75_000;

/** The HTTP server of the API; its caller lets it listen. Heads of more than 16 KiB and heads of two meanings are refused. */
export function serveApi(
  app: Readonly<{ fetch: Parameters<typeof getRequestListener>[0]; front?: Pick<ResponseCache, 'answer'> | undefined }>,
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
  };
  // A probe by HTTP/1.0, as HAProxy's unless told otherwise, names no host; Node refuses newer requests that name none.
  const listener = getRequestListener(app.fetch, { hostname: 'localhost' });
  return createServer(serverOptions, (incoming, outgoing) => {
    const pass = () => void listener(incoming, outgoing);
    if (app.front) app.front.answer(incoming, outgoing, pass);
    else pass();
  });
}
