import { createServer } from 'node:net';
import { PartFailed } from '../start/part.js';

/** Whether we could listen there now. */
export function isFree(port, host = '127.0.0.1') {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/**
 * So many different free ports. They lie below the range that systems give to outgoing connections: a server's port
 * must still be free when the server is started again, and a client that retries must never meet itself there.
 */
export async function freePorts(count) {
  const ports = new Set();
  for (let tries = 0; ports.size < count; tries += 1) {
    if (tries > 2000) throw new Error('No free port between 15000 and 32000 on 127.0.0.1.');
    const port = 15_000 + Math.floor(Math.random() * 17_000);
    if (!ports.has(port) && (await isFree(port))) ports.add(port);
  }
  return [...ports];
}

/**
 * Answers what `start(ports)` does. A free port may be lost to another program, or to a part that starts beside this
 * one, before anybody listens on it: then other ports are tried.
 */
export async function withFreePorts(count, start) {
  for (let tries = 1; ; tries += 1) {
    const ports = await freePorts(count);
    try {
      return await start(ports);
    } catch (error) {
      if (!(error instanceof PartFailed) || tries === 3) throw error;
      const areFree = await Promise.all(ports.map((port) => isFree(port)));
      if (areFree.every(Boolean)) throw error;
    }
  }
}
