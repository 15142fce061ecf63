import { execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';
import { follow, until } from '../processes/process.ts';

const run = promisify(execFile);

/** Where a server listens, and how it gets there; one with a network of its own can be cut off from all others. */
export type Place = Readonly<{
  host: string;
  /** What comes before the program on its command line. */
  enter: readonly string[];
  /** Nothing reaches it any more, and nothing leaves it; nobody is told. @throws where it has no network of its own */
  cutOff(): Promise<void>;
  /** Undoes that. */
  reconnect(): Promise<void>;
}>;

/** Why nothing can be cut off in this run; nothing where it can. */
export const networkFault =
  process.env['DRILL_NETWORK'] === 'own'
    ? ''
    : process.env['DRILL_NETWORK'] || 'it is for `npm run drill` to see to that';

/** On this machine's own address, as every other process of a test. */
export const loopback: Place = {
  host: '127.0.0.1',
  enter: [],
  async cutOff() {
    throw new Error(networkFault);
  },
  async reconnect() {},
};

/** Places for that many servers: each with a network of its own if this run is alone in its network, as `npm run drill` sees to. */
export async function openPlaces(count: number): Promise<readonly Place[]> {
  if (networkFault) return Array.from({ length: count }, () => loopback);
  const places: Place[] = [];
  while (places.length < count) places.push(await openPlace());
  return places;
}

// Whoever asks for it knows its hardware address for ever: when it is cut off, nobody says that it cannot be reached.
const plugIn = `
  ip link add "$1" type veth peer name wire address "$3" netns "$4"
  ip link set "$1" master switch up
  ip neighbour replace "$2" lladdr "$3" dev switch nud permanent
  exec nsenter --net="/proc/$4/ns/net" sh -ec "
    ip link set lo up
    ip address add $2/24 dev wire
    ip link set wire up"`;

let lastNumber = 0;

async function openPlace(): Promise<Place> {
  lastNumber += 1;
  const [host, mac] = [`10.99.0.${lastNumber}`, `02:00:00:00:00:${lastNumber.toString(16).padStart(2, '0')}`];
  // The network lasts as long as this process, whatever becomes of the server.
  const keeper = follow(spawn('unshare', ['--net', 'sh', '-c', 'echo kept; exec sleep infinity'], { stdio: 'pipe' }));
  await until(
    () => `a network for ${host}: ${keeper.output()}`,
    () => keeper.output().includes('kept') || undefined,
  );
  const port = `port${keeper.pid}`;
  await run('sh', ['-ec', plugIn, 'sh', port, host, mac, String(keeper.pid)]);
  return {
    host,
    enter: ['nsenter', `--net=/proc/${keeper.pid}/ns/net`],
    cutOff: async () => void (await run('ip', ['link', 'set', port, 'nomaster'])),
    reconnect: async () => void (await run('ip', ['link', 'set', port, 'master', 'switch'])),
  };
}
