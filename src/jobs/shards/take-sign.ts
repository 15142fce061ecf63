import type { RedisQueueBackend as Backend } from 'bullmq';
import { readScript } from '../../redis/scripts.ts';

const command = 'takeSign';
const lua = readScript(new URL('./take-sign/take-sign.lua', import.meta.url));
const keys = ['wait', 'prioritized', 'delayed', 'marker'];

/**
 * Opens what takes away BullMQ's sign that there are jobs, where none waits and none will: each fetch puts it back, whether there are
 * more or not. It travels with what has just been sent on the shard's own connection. True: there is nothing to be fetched, and a job
 * that comes from now on brings a sign of its own.
 */
export function openSign(shard: Backend): () => Promise<boolean> {
  let taught: Awaited<Backend['client']> | undefined;
  return async () => {
    const client = await shard.client;
    if (client !== taught) client.defineCommand(command, { numberOfKeys: keys.length, lua });
    taught = client;
    const own = keys.map((key) => shard.toKey(key));
    return (await client.runCommand(command, own)) === 1;
  };
}
