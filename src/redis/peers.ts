import { connect, type Socket } from 'node:net';
import { connect as connectSecurely, TLSSocket, type ConnectionOptions as SecureOptions } from 'node:tls';
import { AbstractConnector, type RedisOptions, type SentinelConnectionOptions, SentinelConnector } from 'ioredis';
import { z } from 'zod';
import { openSilence } from './silence.ts';

type Connector = NonNullable<RedisOptions['Connector']>;

// ioredis hands its connectors the connection's options, completed with its defaults, and calls them unknown.
const Address = z.custom<Readonly<{ host?: string; port: number; tls?: SecureOptions; disconnectTimeout: number }>>();
const Sentinels = z.custom<SentinelConnectionOptions>();

/**
 * How connections that are opened with the same options get to a server, or to the master that sentinels name. When one of them has waited
 * `silentMs` for its answer, those to the same server are dropped with it: each would find out by itself that the server is frozen or cut
 * off, but only once it is used, and work goes over several of them, one after the other.
 */
export function openPeers(hasSentinels: boolean, silentMs: number): Connector {
  const sockets = new Map<Socket, string>();
  const watchSilence = openSilence(silentMs, (silent) => {
    const address = sockets.get(silent);
    for (const [other, at] of sockets)
      if (at === address) other.destroy(new Error(`${address} has not answered for ${silentMs} ms`));
  });
  const watch = (socket: Socket): Socket => {
    const isReady = socket instanceof TLSSocket ? 'secureConnect' : 'connect';
    socket.once(isReady, () => {
      sockets.set(socket, `${socket.remoteAddress}:${socket.remotePort}`);
      watchSilence(socket);
    });
    socket.once('close', () => sockets.delete(socket));
    return socket;
  };
  return hasSentinels ? toMaster(watch) : toServer(watch);
}

function toServer(watch: (socket: Socket) => Socket): Connector {
  return class extends AbstractConnector {
    readonly #address: z.output<typeof Address>;

    constructor(options: unknown) {
      const address = Address.parse(options);
      super(address.disconnectTimeout);
      this.#address = address;
    }

    async connect(): Promise<Socket> {
      const { host, port, tls } = this.#address;
      this.connecting = true;
      const place = { port, ...(host === undefined ? {} : { host }) };
      const socket = tls ? connectSecurely({ ...place, ...tls }) : connect(place);
      socket.once('error', (error: Error) => {
        this.firstError = error;
      });
      this.stream = socket;
      return watch(socket);
    }
  };
}

function toMaster(watch: (socket: Socket) => Socket): Connector {
  return class extends SentinelConnector {
    constructor(options: unknown) {
      super(Sentinels.parse(options));
    }

    override async connect(...given: Parameters<SentinelConnector['connect']>): Promise<Socket> {
      return watch(await super.connect(...given));
    }
  };
}
