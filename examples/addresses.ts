import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

/** Where a Redis is. */
export type RedisAddress = Readonly<z.output<typeof RedisAddress>>;

const RedisAddress = z.object({
  host: z.string(),
  port: z.int(),
  db: z.int(),
  password: z.string().exactOptional(),
});

const RunFile = z.object({
  api: z.string(),
  redis: RedisAddress,
});

/** The API that `API` names, or else the one of the `npm start` that is running here. */
export function apiAddress(env: NodeJS.ProcessEnv = process.env): string {
  return env['API'] || runFile(env, 'API').api;
}

/** The Redis that `REDIS_*` name, or else the one of the `npm start` that is running here. */
export function redisAddress(env: NodeJS.ProcessEnv = process.env): RedisAddress {
  if (!env['REDIS_HOST']) return runFile(env, 'REDIS_HOST').redis;
  return {
    host: env['REDIS_HOST'],
    port: Number(env['REDIS_PORT'] || 6379),
    db: Number(env['REDIS_DB'] || 0),
    ...(env['REDIS_PASSWORD'] ? { password: env['REDIS_PASSWORD'] } : {}),
  };
}

function runFile(env: NodeJS.ProcessEnv, variable: string): z.output<typeof RunFile> {
  const file = join(env['DATA_DIR'] || join(import.meta.dirname, '..', '.data'), 'run.json');
  try {
    return RunFile.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (cause) {
    throw new Error(`${file} cannot be read; run \`npm start\` first, or set ${variable}`, { cause });
  }
}
