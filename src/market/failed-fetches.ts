import type { Redis } from '../redis/client.ts';
import { forgetOldest } from '../process/forget-oldest.ts';

/**
 * The memory of attempts that have brought nothing: zeros, a refusal, a fault. Until its time is up, no reader makes the
 * provider be asked again, in whichever process.
 */
export type FailedFetches = Readonly<{
  /** Remembers for so long that the provider has been asked for `name` in vain. */
  note(name: string, forMs: number): Promise<void>;
  /** How long, ms, nobody asks for `name` again; 0 when anybody may. */
  leftMs(name: string): Promise<number>;
  /** Has every process forget it: somebody wants the provider asked again all the same. */
  forget(name: string): Promise<void>;
}>;

/** How long an attempt counts where there is no copy, ms. */
export const failedForMs = 30_000;

// A process remembers its own as well: a Redis that has lost them costs no second call.
const mostOwn = 5_000;
// Stands in Redis for as long as the attempt would have counted: processes remember it by themselves.
const forgotten = '0';

/** Opens the memory on a connection that fails fast. */
export function openFailedFetches(redis: Redis, elapsedMs = () => performance.now()): FailedFetches {
  // By name, until when, by a clock that nobody puts back; the oldest first.
  const own = new Map<string, number>();
  const write = (name: string, forMs: number) =>
    redis.set(`looked:${name}`, 1, 'PX', Math.ceil(forMs)).catch(() => null);
  const ownLeftMs = (name: string) => Math.max(0, (own.get(name) ?? 0) - elapsedMs());
  return {
    async note(name, forMs) {
      if (forMs <= 0) return;
      own.delete(name);
      own.set(name, elapsedMs() + forMs);
      forgetOldest(own, mostOwn);
      await write(name, forMs);
    },
    async leftMs(name) {
      const sharedMs = await redis.pttl(`looked:${name}`).catch(() => -2);
      if (sharedMs > 0 && (await redis.get(`looked:${name}`).catch(() => null)) === forgotten) {
        own.delete(name);
        return 0;
      }
      const leftMs = ownLeftMs(name);
      if (leftMs > 0 && sharedMs === -2) await write(name, leftMs);
      return Math.max(sharedMs, leftMs, 0);
    },
    async forget(name) {
      own.delete(name);
      await redis.set(`looked:${name}`, forgotten, 'KEEPTTL', 'XX');
    },
  };
}
