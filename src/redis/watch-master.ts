import { Cluster, Command } from 'ioredis';
import type { Redis } from './client.ts';

/**
 * Whether another connection serves a key than when that was asked last. In a cluster a replica takes its master's place, and a
 * master comes back, while the whole stays ready; of one server its connection says so itself, and this never does.
 */
export function watchMaster(redis: Redis, key: string): () => boolean {
  if (!(redis instanceof Cluster)) return () => false;
  const slot = new Command('get', [key]).getSlot();
  // A node whose connection has ended gets a new one: it may have lost what a replica would lack.
  const serving = () =>
    redis.nodes('master').find(({ options: { host, port } }) => `${host}:${port}` === redis.slots[slot]?.[0]);
  let known = serving();
  return () => {
    const master = serving();
    // Between two masters there is none, and nobody answers.
    if (!master || master === known) return false;
    const isFirst = known === undefined;
    known = master;
    return !isFirst;
  };
}
