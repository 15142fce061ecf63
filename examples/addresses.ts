import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

/** Where a Redis is. */
export type RedisAddress = Readonly<{ host: string; port: number; db: number; password?: string | undefined }>;

const RunFile = z.object({
  redis: z.object({ host: z.string(), port: z.int(), db: z.int(), password: z.string().optional() }),
});

/** The Redis that `REDIS_*` name, or else the one of the `npm start` that is running here. */
export function redisAddress(env: NodeJS.ProcessEnv = process.env): RedisAddress {
  if (env['REDIS_HOST'])
    return {
      host: env['REDIS_HOST'],
      port: Number(env['REDIS_PORT'] || 6379),
      db: Number(env['REDIS_DB'] || 0),
      password: env['REDIS_PASSWORD'] || undefined,
    };
  const file = join(env['DATA_DIR'] || join(import.meta.dirname, '..', '.data'), 'run.json');
  try {
    return RunFile.parse(JSON.parse(readFileSync(file, 'utf8'))).redis;
  } catch (cause) {
    throw new Error(`${file} cannot be read; run \`npm start\` first, or set REDIS_HOST`, { cause });
  }
}
