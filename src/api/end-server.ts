import type { Server, ServerResponse } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';

/** How an HTTP server ends: `drain` gives up each connection with its next answer, `close` ends those that are left. */
export type ServerEnding = Readonly<{ drain(): void; close(cutAfterMs: number): Promise<void> }>;

const lookMs = 50;

/**
 * Ends a server so that every answer that has begun is read to its end: what Node calls an idle connection may still hold megabytes
 * for who reads slowly, and its own `close` ends that too. To be called before the server has connections.
 */
export function endingOf(server: Server): ServerEnding {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  const isRead = () => [...sockets].every(({ writableLength }) => writableLength === 0);
  return {
    drain() {
      // Who asks meanwhile is still answered, and asks another process next time.
      server.prependListener('request', (_request, response: ServerResponse) =>
        response.setHeader('connection', 'close'),
      );
    },
    async close(cutAfterMs) {
      const closed = new Promise((resolve) => NetServer.prototype.close.call(server, resolve));
      // A connection whose answer has ended would be kept alive for seconds.
      const idle = setInterval(() => isRead() && server.closeIdleConnections(), lookMs);
      const cut = setTimeout(() => server.closeAllConnections(), cutAfterMs);
      await closed;
      clearInterval(idle);
      clearTimeout(cut);
    },
  };
}
