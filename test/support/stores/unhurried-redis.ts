import type { Config } from '../../../src/config.ts';
import { impatientRedis, type RedisConnection } from '../../../src/redis/connection.ts';

/** How long whoever does not test outages waits for Redis, which may stand still for seconds, as the test itself may. */
export const unhurriedMs = 60_000;

/** The product's connection for asking, to a Redis that nobody takes away. */
export function unhurriedRedis(config: Config): RedisConnection {
  return impatientRedis(config, unhurriedMs);
}
