import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** A TCP way to a server that can be shut, as when the server is gone, and opened again on the same port. */
export type Door = Readonly<{
  url: string;
  /** Cuts every connection, and refuses new ones. */
  shut(): Promise<void>;
  open(): Promise<void>;
}>;

/** Opens the way to the server at `target`. */
export async function openDoor(target: string): Promise<Door> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  const pass = (client: Socket) => {
    const upstream = connect(Number(port), hostname);
    for (const socket of [client, upstream])
      sockets.add(socket.on('error', () => {}).on('close', () => sockets.delete(socket)));
    client.pipe(upstream).pipe(client);
  };
  let server: Server;
  const listen = async (at: number): Promise<number> => {
    server = createServer(pass).listen(at, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('the door has no port');
    return address.port;
  };
  const own = await listen(0);
  return {
    url: `http://127.0.0.1:${own}`,
    async shut() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
    open: async () => void (await listen(own)),
  };
}
