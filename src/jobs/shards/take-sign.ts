import type { RedisQueueBackend as Backend } from 'bullmq';
import { readScript } from '../../redis/scripts.ts';

const command = 'takeSign';
const lua = readScript(new URL('./take-sign/take-sign.lua', import.meta.url));
const keys = ['wait', 'prioritized', 'delayed', 'marker'];

type Client = Awaited<Backend['client']>;
const taught = new WeakSet<Client>();

/**
 * Takes away BullMQ's sign that there are jobs, where none waits and none will: each fetch puts it back, whether there are more or not.
 * It travels with what has just been sent on the shard's own connection. True: there is nothing to be fetched, and a job that comes
 * from now on brings a sign of its own.
 */
export async function takeSign(shard: Backend): Promise<boolean> {
  const client = await shard.client;
  if (!taught.has(client)) client.defineCommand(command, { numberOfKeys: keys.length, lua });
  taught.add(client);
  return (
    (await client.runCommand(
      command,
      keys.map((key) => shard.toKey(key)),
    )) === 1
  );
}
