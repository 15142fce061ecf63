import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** A TCP way to a server, on a port of its own. */
export type Proxy = Readonly<{
  port: number;
  /** Cuts every connection, and refuses new ones. */
  close(): Promise<void>;
  /** Goes on at the same port after that. */
  open(): Promise<void>;
}>;

/** Opens the way to a server, which may be away. `join` says what passes between the two ends of a connection. */
export async function openProxy(
  host: string,
  port: number,
  join: (client: Socket, upstream: Socket) => void,
): Promise<Proxy> {
  const sockets = new Set<Socket>();
  let server: Server;
  const listen = async (at: number): Promise<number> => {
    server = createServer((client) => {
      const upstream = connect(port, host);
      for (const socket of [client, upstream])
        sockets.add(socket.on('error', () => {}).on('close', () => sockets.delete(socket)));
      join(client, upstream);
    }).listen(at, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
    return address.port;
  };
  const own = await listen(0);
  return {
    port: own,
    async close() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
    open: async () => void (await listen(own)),
  };
}
