import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';

/** An HTTP server of a test's own, on a free port. */
export type LocalServer = Readonly<{ url: string; close(): Promise<void> }>;

/** Starts it with this listener. */
export async function listen(listener: RequestListener): Promise<LocalServer> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
