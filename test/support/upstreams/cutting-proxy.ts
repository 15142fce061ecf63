import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** A TCP proxy that cuts a connection when the client says something, after passing that on. */
export type CuttingProxy = Readonly<{
  port: number;
  /** The next chunk from a client that matches is forwarded, and its connection is cut before any answer. */
  cutAfter(pattern: RegExp): void;
  /** How often it has cut. */
  cuts(): number;
  close(): Promise<void>;
}>;

/** Opens the proxy in front of a server. */
export async function openCuttingProxy(host: string, port: number): Promise<CuttingProxy> {
  let pattern: RegExp | undefined;
  let cuts = 0;
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(port, host);
    let isCut = false;
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    }
    client
      .on('close', () => upstream.end())
      .on('data', (chunk) => {
        isCut ||= pattern?.test(chunk.toString('latin1')) ?? false;
        upstream.write(chunk, () => {
          if (isCut && !client.destroyed) {
            cuts += 1;
            pattern = undefined;
            client.resetAndDestroy();
          }
        });
      });
    upstream
      .on('close', () => client.destroy())
      .on('data', (chunk) => {
        if (!isCut) client.write(chunk);
      });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  return {
    port: address.port,
    cutAfter: (next) => {
      pattern = next;
    },
    cuts: () => cuts,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
