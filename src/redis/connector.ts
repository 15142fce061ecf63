import { connect as open, type Socket } from 'node:net';
import { connect as openSecurely, type ConnectionOptions as SecureOptions } from 'node:tls';
import { AbstractConnector, type SentinelConnectionOptions, SentinelConnector } from 'ioredis';
import { z } from 'zod';

// ioredis hands its connectors the connection's options, completed with its defaults, and calls them unknown.
const Address = z.custom<Readonly<{ host?: string; port: number; tls?: SecureOptions; disconnectTimeout: number }>>();
const Sentinels = z.custom<SentinelConnectionOptions>();

const silence = /^Socket timeout\. Expecting data/;
const sockets = new Set<Socket>();

/**
 * Drops all connections of this process to a server when one of them has waited too long for its answer. Each would find out by itself
 * that the server is frozen or cut off, but only once it is used, and work goes over several of them, one after the other.
 */
function watch<Stream extends Socket>(socket: Stream): Stream {
  let address = '';
  const drop = () => {
    for (const other of sockets)
      if (`${other.remoteAddress}:${other.remotePort}` === address) other.destroy(new Error(`${address} is silent`));
  };
  socket.once('connect', () => {
    // One that is closed does not know it any more.
    address = `${socket.remoteAddress}:${socket.remotePort}`;
    sockets.add(socket);
  });
  socket.once('error', ({ message }) => silence.test(message) && drop());
  socket.once('close', () => sockets.delete(socket));
  return socket;
}

/** Connects to one server. */
export class DirectConnector extends AbstractConnector {
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
    const socket = tls ? openSecurely({ ...place, ...tls }) : open(place);
    socket.once('error', (error) => (this.firstError = error));
    this.stream = watch(socket);
    return socket;
  }
}

/** Connects to the master that sentinels name. */
export class MasterConnector extends SentinelConnector {
  constructor(options: unknown) {
    super(Sentinels.parse(options));
  }

  override async connect(...given: Parameters<SentinelConnector['connect']>): Promise<Socket> {
    return watch(await super.connect(...given));
  }
}
