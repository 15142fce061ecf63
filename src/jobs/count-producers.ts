import type { Redis } from '../redis/client.ts';

/** What a process calls the connection by which it adds jobs to a queue. */
export function producerName(queue: string): string {
  return `orderflow:adds:${queue}`;
}

/** How many processes are connected to add jobs to a queue. One Redis may hold several installations, each in a db of its own. */
export async function countProducers(redis: Redis, queue: string): Promise<number> {
  const nodes = 'nodes' in redis ? redis.nodes('master') : [redis];
  // Some servers tell nobody who is connected.
  const lists = await Promise.all(nodes.map((node) => node.client('LIST'))).catch(() => []);
  const named = ` name=${producerName(queue)} `;
  const ofDb = ` db=${nodes[0]?.options.db ?? 0} `;
  const counts = lists.map(
    (list) =>
      String(list)
        .split('\n')
        .filter((line) => line.includes(named) && line.includes(ofDb)).length,
  );
  return Math.max(1, ...counts);
}
