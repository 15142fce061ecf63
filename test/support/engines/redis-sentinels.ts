import { freePorts, until } from '../processes/process.ts';
import { ask, redisNode, sentinelNode } from './redis-node.ts';
import { endNodes, type Engines, openFolder } from './server-node.ts';

/** A master with two replicas, and three sentinels; the writer is the one that they call the master. Resolves when they know each other. */
export async function startSentinels(options: readonly string[] = []): Promise<Engines> {
  const folder = await openFolder('sentinels');
  const [first = 0, second = 0, third = 0, ...watching] = await freePorts(6);
  const replicaOf = ['--replicaof', '127.0.0.1', String(first)];
  const servers = [
    redisNode(folder, first, options),
    ...[second, third].map((port) => redisNode(folder, port, [...options, ...replicaOf])),
  ];
  const sentinels = await Promise.all(watching.map((port) => sentinelNode(folder, port, first)));
  const all = [...servers, ...sentinels];
  await Promise.all(servers.map((node) => node.start()));
  await Promise.all(sentinels.map((node) => node.start()));
  const masterPort = async () => {
    const answers = watching.map(async (port) => {
      const found = await ask(port, 'SENTINEL', 'GET-MASTER-ADDR-BY-NAME', 'mymaster');
      return Array.isArray(found) ? Number(found[1]) : 0;
    });
    return Promise.all(answers);
  };
  const untilReplicas = () =>
    until('each sentinel knows two replicas and two others', async () => {
      const known = await Promise.all(
        watching.flatMap((port) => [
          ask(port, 'SENTINEL', 'REPLICAS', 'mymaster'),
          ask(port, 'SENTINEL', 'SENTINELS', 'mymaster'),
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
      const ports = new Set(await masterPort());
      const found = servers.find(({ port }) => ports.size === 1 && ports.has(port));
      if (!found) throw new Error(`the sentinels do not agree on a master: ${[...ports].join()}`);
      return found;
    },
    async bringBack(node) {
      await node.wake();
      await untilReplicas();
    },
    stop: () => endNodes(folder, all),
  };
}
