import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { connect, Server as NetServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { probes } from './callers/limits.ts';
import { resetOldest } from './http/incoming.ts';

/** How an HTTP server ends. */
export type ServerEnding = Readonly<{
  /** Gives up each connection with its next answer. */
  drain(): void;
  /**
   * Resolves when balancers have had time to notice, and nobody has sent a request for half a second since it drains: they notice
   * late where there is too much to do, and what is sent to a closed port or connection is lost. At the latest after `mostMs`.
   */
  untilQuiet(mostMs: number): Promise<void>;
  /** Ends the connections that are left, after `cutAfterMs` also of who has not read an answer to its end. */
  close(cutAfterMs: number): Promise<void>;
}>;

const lookMs = 50;
const leastMs = 2_000;
// A look comes at the most once in a turn of the event loop, in which it reads what has arrived: so a busy process is not taken for a
// quiet one.
const quietLooks = 10;

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
  const answers = answersOf(server);
  const isRead = () => [...sockets].every(({ writableLength }) => writableLength === 0);
  const cutOff = () => {
    for (const { req, writableFinished } of answers) if (!writableFinished) resetOldest(req);
    server.closeAllConnections();
  };
  let looksSince = 0;
  return {
    drain() {
      // Who asks meanwhile is still answered, and asks another process next time.
      server.prependListener('request', ({ url }: IncomingMessage, response: ServerResponse) => {
        response.setHeader('connection', 'close');
        if (!probes.has(url ?? '')) looksSince = 0;
      });
    },
    async untilQuiet(mostMs) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const beganAtMs = performance.now();
      const look = setInterval(() => {
        looksSince += 1;
        const tookMs = performance.now() - beganAtMs;
        if (tookMs >= mostMs || (tookMs >= leastMs && looksSince > quietLooks)) resolve();
      }, lookMs);
      await promise;
      clearInterval(look);
    },
    async close(cutAfterMs) {
      const cut = new AbortController();
      const late = sleep(cutAfterMs, undefined, { signal: cut.signal }).catch(() => {});
      await Promise.race([allAccepted(server), late]);
      const closed = new Promise((resolve) => NetServer.prototype.close.call(server, resolve));
      let lookedAtMs = performance.now();
      const idle = setInterval(() => {
        // A connection whose answer has ended would be kept alive for seconds; in a busy process it may have been sent a request since.
        const isInTime = performance.now() - lookedAtMs < 2 * lookMs;
        lookedAtMs = performance.now();
        if (isInTime && isRead()) server.closeIdleConnections();
      }, lookMs);
      void late.then(cutOff);
      await closed;
      clearInterval(idle);
      cut.abort();
    },
  };
}

/** The answers that a server has begun and not ended. */
function answersOf(server: Server): ReadonlySet<ServerResponse> {
  const answers = new Set<ServerResponse>();
  server.on('request', (_: IncomingMessage, response: ServerResponse) => {
    answers.add(response);
    response.once('close', () => answers.delete(response));
  });
  return answers;
}

/**
 * Resolves when every connection that the kernel has taken by now has come to this process. They come in their order, so that one
 * more tells; when a server stops listening, those that have not come are cut off, whatever they have sent.
 */
async function allAccepted(server: Server): Promise<void> {
  const address = server.address();
  if (typeof address !== 'object' || address === null) return;
  const loopback = address.family === 'IPv6' ? '::1' : '127.0.0.1';
  const own = connect(address.port, /^(0\.0\.0\.0|::)$/.test(address.address) ? loopback : address.address);
  const { promise, resolve } = Promise.withResolvers<void>();
  const come = (socket: Socket) => {
    if (socket.remotePort === own.localPort) resolve();
  };
  server.on('connection', come);
  own.once('error', () => resolve());
  await promise;
  server.off('connection', come);
  own.destroy();
}
