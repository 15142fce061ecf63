import { freePorts, until } from '../processes/process.ts';
import { ask, redisNode, sentinelNode } from './redis-node.ts';
import { openPlaces } from './place.ts';
import { endNodes, type Engines, type Node, openFolder } from './server-node.ts';

/** A master with two replicas, and three sentinels; the writer is the one that they call the master. Resolves when they know each other. */
export async function startSentinels(options: readonly string[] = []): Promise<Engines> {
  const folder = await openFolder('sentinels');
  const [places, watching] = [await openPlaces(3), await freePorts(3)];
  const [first = 0, ...others] = await freePorts(3);
  const master = redisNode(folder, first, options, { place: places[0] });
  const replicaOf = ['--replicaof', master.host, String(first)];
  const servers = [
    master,
    ...others.map((port, index) => redisNode(folder, port, [...options, ...replicaOf], { place: places[index + 1] })),
  ];
  const sentinels = await Promise.all(watching.map((port) => sentinelNode(folder, port, master)));
  const all = [...servers, ...sentinels];
  await Promise.all(servers.map((node) => node.start()));
  await Promise.all(sentinels.map((node) => node.start()));
  const masterPorts = async () => {
    const answers = sentinels.map(async (sentinel) => {
      const found = await ask(sentinel, 'SENTINEL', 'GET-MASTER-ADDR-BY-NAME', 'mymaster');
      return Array.isArray(found) ? Number(found[1]) : 0;
    });
    return new Set(await Promise.all(answers));
  };
  const agreed = (ports: ReadonlySet<number>): Node | undefined =>
    servers.find(({ port }) => ports.size === 1 && ports.has(port));
  const untilReplicas = () =>
    until('each sentinel knows two replicas and two others', async () => {
      const known = await Promise.all(
        sentinels.flatMap((sentinel) => [
          ask(sentinel, 'SENTINEL', 'REPLICAS', 'mymaster'),
          ask(sentinel, 'SENTINEL', 'SENTINELS', 'mymaster'),
        ]),
      );
      return known.every((each) => Array.isArray(each) && each.length === 2) || undefined;
    });
  await untilReplicas();
  return {
    env: {
      REDIS_HOST: '',
      REDIS_SENTINELS: watching.map((port) => `127.0.0.1:${port}`).join(),
      REDIS_SENTINEL_NAME: 'mymaster',
      REDIS_DB: '0',
    },
    async writer() {
      const ports = await masterPorts();
      const found = agreed(ports);
      if (!found) throw new Error(`the sentinels do not agree on a master: ${[...ports].join()}`);
      return found;
    },
    async successor(lost) {
      const found = agreed(await masterPorts());
      return found === lost ? undefined : found;
    },
    async bringBack(node) {
      await node.wake();
      await untilReplicas();
    },
    stop: () => endNodes(folder, all),
  };
}
