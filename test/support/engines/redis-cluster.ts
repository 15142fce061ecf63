import { z } from 'zod';
import { freePorts, until } from '../processes/process.ts';
import type { Program } from './packages.ts';
import { ask, redisNode } from './redis-node.ts';
import { endNodes, type Engines, type Node, openFolder } from './server-node.ts';

/** Three masters, each with a replica. */
export type RedisCluster = Engines &
  Readonly<{
    /** The master that holds a key; the writer is the one of the payments. */
    ownerOf(key: string): Promise<Node>;
  }>;

const slots = 16_384;
const Slots = z.array(
  z.tuple([z.number(), z.number(), z.tuple([z.string(), z.number()]).rest(z.unknown())]).rest(z.unknown()),
);

/** Starts six nodes and resolves when all of them say that the cluster is whole. */
export async function startRedisCluster(options: readonly string[] = [], program?: Program): Promise<RedisCluster> {
  const folder = await openFolder('cluster');
  // A node's bus listens 10,000 above its port.
  const ports = await freePorts(6);
  const clustered = [
    '--cluster-enabled',
    'yes',
    '--cluster-config-file',
    'nodes.conf',
    '--cluster-node-timeout',
    '2000',
  ];
  const nodes = ports.map((port) => redisNode(folder, port, [...clustered, ...options], program));
  await Promise.all(nodes.map((node) => node.start()));
  const [first = 0, ...others] = ports;
  for (const [index, port] of ports.slice(0, 3).entries()) {
    const from = Math.floor((index * slots) / 3);
    await ask(port, 'CLUSTER', 'ADDSLOTSRANGE', from, Math.floor(((index + 1) * slots) / 3) - 1);
    await ask(port, 'CLUSTER', 'SET-CONFIG-EPOCH', index + 1);
  }
  for (const port of others) await ask(port, 'CLUSTER', 'MEET', '127.0.0.1', first);
  const knows = async (port: number, what: RegExp) => what.test(String(await ask(port, 'CLUSTER', 'INFO')));
  const allKnow = (what: RegExp) =>
    until(`every node knows ${what}`, async () =>
      (await Promise.all(ports.map((port) => knows(port, what)))).every(Boolean) ? true : undefined,
    );
  await allKnow(/cluster_known_nodes:6/);
  for (const [index, port] of ports.slice(3).entries()) {
    const id = String(await ask(ports[index] ?? 0, 'CLUSTER', 'MYID'));
    await until(`${port} follows ${id}`, async () => ask(port, 'CLUSTER', 'REPLICATE', id).catch(() => undefined));
  }
  await allKnow(/cluster_state:ok/);
  await until('every replica is in step', async () => {
    const roles = await Promise.all(ports.slice(3).map((port) => ask(port, 'INFO', 'replication')));
    return roles.every((role) => String(role).includes('master_link_status:up')) || undefined;
  });
  const ownerOf = async (key: string): Promise<Node> => {
    for (const { port } of nodes) {
      const slot = Number(await ask(port, 'CLUSTER', 'KEYSLOT', key).catch(() => -1));
      const found = Slots.safeParse(await ask(port, 'CLUSTER', 'SLOTS').catch(() => undefined)).data;
      const owner = found?.find(([from, to]) => from <= slot && slot <= to)?.[2][1];
      const node = nodes.find((some) => some.port === owner);
      if (node) return node;
    }
    throw new Error(`no node holds ${key}`);
  };
  return {
    env: {
      REDIS_HOST: '',
      REDIS_CLUSTER: ports
        .slice(0, 2)
        .map((port) => `127.0.0.1:${port}`)
        .join(),
      REDIS_DB: '0',
    },
    ownerOf,
    writer: () => ownerOf('{bull:payments}:payments:meta'),
    async bringBack(node) {
      await node.wake();
      await allKnow(/cluster_state:ok/);
    },
    stop: () => endNodes(folder, nodes),
  };
}
