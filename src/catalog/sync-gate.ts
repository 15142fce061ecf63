import type { Redis } from 'ioredis';

/** Keeps the feed from being read again within a minute, whoever asks in whichever process. */
export type SyncGate = Readonly<{
  /** The job that has read the feed within the last minute, or is reading it. */
  lastRun(): Promise<string | undefined>;
  /** Says that the job begins to read the feed; false when another has within the last minute, unless forced. */
  begin(jobId: string, isForced: boolean): Promise<boolean>;
}>;

const key = 'catalog:last-sync';
const restSeconds = 60;

/** Opens the gate. When Redis has lost it, the feed is read once more, which changes nothing that is the same. */
export function openSyncGate(redis: Redis): SyncGate {
  return {
    lastRun: async () => (await redis.get(key)) ?? undefined,
    async begin(jobId, isForced) {
      if (isForced) return (await redis.set(key, jobId, 'EX', restSeconds)) === 'OK';
      if ((await redis.set(key, jobId, 'EX', restSeconds, 'NX')) === 'OK') return true;
      // The same job again: its worker was lost.
      return (await redis.get(key)) === jobId;
    },
  };
}
