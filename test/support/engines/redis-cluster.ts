import { z } from 'zod';
import { freePorts, until } from '../processes/process.ts';
import type { Program } from './packages.ts';
import { ask, redisNode } from './redis-node.ts';
import { openPlaces } from './place.ts';
import { endNodes, type Engines, type Node, openFolder } from './server-node.ts';

/** Three masters, each with a replica. */
export type RedisCluster = Engines &
  Readonly<{
    /** The master that holds a key; the writer is the one of the payments. */
    ownerOf(key: string): Promise<Node>;
  }>;

const slots = 16_384;
const payments = '{bull:payments}:payments:meta';
const Slots = z.array(
  z.tuple([z.number(), z.number(), z.tuple([z.string(), z.number()]).rest(z.unknown())]).rest(z.unknown()),
);

/** Starts six nodes and resolves when all of them say that the cluster is whole. */
export async function startRedisCluster(options: readonly string[] = [], other?: Program): Promise<RedisCluster> {
  const folder = await openFolder('cluster');
  // A node's bus listens 10,000 above its port.
  const [ports, places] = [await freePorts(6), await openPlaces(6)];
  const clustered = [
    '--cluster-enabled',
    'yes',
    '--cluster-config-file',
    'nodes.conf',
    '--cluster-node-timeout',
    '2000',
  ];
  const nodes = ports.map((port, index) =>
    redisNode(folder, port, [...clustered, ...options], { other, place: places[index] }),
  );
  await Promise.all(nodes.map((node) => node.start()));
  const [masters, replicas] = [nodes.slice(0, 3), nodes.slice(3)];
  for (const [index, node] of masters.entries()) {
    const from = Math.floor((index * slots) / 3);
    await ask(node, 'CLUSTER', 'ADDSLOTSRANGE', from, Math.floor(((index + 1) * slots) / 3) - 1);
    await ask(node, 'CLUSTER', 'SET-CONFIG-EPOCH', index + 1);
  }
  const [first, ...joining] = nodes;
  for (const node of joining) await ask(node, 'CLUSTER', 'MEET', first?.host ?? '', first?.port ?? 0);
  const knows = async (node: Node, what: RegExp) =>
    what.test(String(await ask(node, 'CLUSTER', 'INFO').catch(() => '')));
  const allKnow = (what: RegExp) =>
    until(`every node knows ${what}`, async () =>
      (await Promise.all(nodes.map((node) => knows(node, what)))).every(Boolean) ? true : undefined,
    );
  await allKnow(/cluster_known_nodes:6/);
  for (const [index, replica] of replicas.entries()) {
    const [master = replica] = masters.slice(index);
    const id = String(await ask(master, 'CLUSTER', 'MYID'));
    await until(`${replica.port} follows ${id}`, async () =>
      ask(replica, 'CLUSTER', 'REPLICATE', id).catch(() => undefined),
    );
  }
  await allKnow(/cluster_state:ok/);
  await until('every replica is in step', async () => {
    const roles = await Promise.all(replicas.map((replica) => ask(replica, 'INFO', 'replication')));
    return roles.every((role) => String(role).includes('master_link_status:up')) || undefined;
  });
  /** The node that holds a key, when all of these say so. */
  const ownerBy = async (asked: readonly Node[], key: string): Promise<Node | undefined> => {
    const owners = asked.map(async (node) => {
      const slot = Number(await ask(node, 'CLUSTER', 'KEYSLOT', key).catch(() => -1));
      const found = Slots.safeParse(await ask(node, 'CLUSTER', 'SLOTS').catch(() => undefined)).data;
      return found?.find(([from, to]) => from <= slot && slot <= to)?.[2][1];
    });
    const [port, ...others] = new Set(await Promise.all(owners));
    return others.length === 0 ? nodes.find((node) => node.port === port) : undefined;
  };
  const ownerOf = (key: string) => until(`all agree on who holds ${key}`, () => ownerBy(nodes, key));
  return {
    env: {
      REDIS_HOST: '',
      REDIS_CLUSTER: nodes
        .slice(0, 2)
        .map(({ host, port }) => `${host}:${port}`)
        .join(),
      REDIS_DB: '0',
    },
    ownerOf,
    writer: () => ownerOf(payments),
    async successor(lost) {
      const others = nodes.filter((node) => node !== lost);
      const owner = await ownerBy(others, payments);
      return owner === lost ? undefined : owner;
    },
    async bringBack(node) {
      await node.wake();
      await allKnow(/cluster_state:ok/);
      await ownerOf(payments);
    },
    stop: () => endNodes(folder, nodes),
  };
}
