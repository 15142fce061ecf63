import type { RedisQueueBackend } from 'bullmq';
import type { Redis } from '../../redis/client.ts';
import { blockMs } from '../../redis/connection.ts';

/** BullMQ's sign that there are jobs, or when there will be. Whoever takes it from its key is to look for them. */
export type Marker = Readonly<{ member: string; score: number }>;

/** What is asked of a shard by whoever waits for its jobs. */
export type WaitedFor = Pick<RedisQueueBackend, 'waitForJob' | 'reconnectBlocking' | 'toKey'>;

/** Waits of a worker for jobs of several shards at once; each shard is waited for on a connection of its own. */
export type Waits<Shard> = Readonly<{
  /** The first marker that comes within `seconds`, and where; undefined: none has. */
  next(shards: readonly Shard[], seconds: number): Promise<Woken<Shard> | undefined>;
  /** Ends what is waited for. */
  end(): void;
}>;

/** A marker, and the shard whose it is. */
export type Woken<Shard> = Readonly<{ shard: Shard; marker: Marker }>;

/** Opens the waits. */
export function openWaits<Shard extends WaitedFor>(redis: Redis): Waits<Shard> {
  const waitedFor = new Set<Shard>();
  let asking: PromiseWithResolvers<Woken<Shard> | undefined> | undefined;
  let isOver = false;
  const wait = async (shard: Shard) => {
    waitedFor.add(shard);
    let hasFailed = false;
    try {
      const marker = await shard.waitForJob(blockMs / 1_000);
      if (!marker) return;
      const told = asking;
      asking = undefined;
      if (told) told.resolve({ shard, marker });
      // This worker is busy by now: another may be free.
      else await redis.zadd(shard.toKey('marker'), marker.score, marker.member);
    } catch {
      hasFailed = true;
      // Its server is away; the others' jobs go on meanwhile.
      if (!isOver) await shard.reconnectBlocking().catch(() => {});
    } finally {
      waitedFor.delete(shard);
      // Whoever has asked meanwhile took it for waited for. A server that is away is left until somebody asks again.
      if (asking && !isOver && !hasFailed) void wait(shard);
    }
  };
  return {
    async next(shards, seconds) {
      isOver = false;
      const asked = Promise.withResolvers<Woken<Shard> | undefined>();
      asking = asked;
      for (const shard of shards) if (!waitedFor.has(shard)) void wait(shard);
      const timer = setTimeout(() => asked.resolve(undefined), seconds * 1_000);
      try {
        return await asked.promise;
      } finally {
        clearTimeout(timer);
        if (asking === asked) asking = undefined;
      }
    },
    end() {
      isOver = true;
      asking?.resolve(undefined);
    },
  };
}
