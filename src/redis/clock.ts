import type { Redis } from './client.ts';

/** What the clock of Redis says, UNIX milliseconds: to all processes the same, whatever their own say. */
export async function clockMs(redis: Redis): Promise<number> {
  const [seconds = 0, microseconds = 0] = (await redis.time()).map(Number);
  return seconds * 1_000 + Math.floor(microseconds / 1_000);
}
