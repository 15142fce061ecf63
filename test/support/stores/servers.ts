import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';

const env = (name: string): string => {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set; run the tests with \`npm test\``);
  return value;
};

/** A database and a Redis db that no other test uses, as the product's environment names them. */
export type OwnData = Readonly<Record<string, string>>;

/** Environment of a database and a Redis db of the caller's own; the schema is not there yet. */
export async function ownData(): Promise<OwnData> {
  return {
    NODE_ENV: 'test',
    MYSQL_HOST: env('TEST_MYSQL_HOST'),
    MYSQL_PORT: env('TEST_MYSQL_PORT'),
    MYSQL_USER: env('TEST_MYSQL_USER'),
    MYSQL_PASSWORD: env('TEST_MYSQL_PASSWORD'),
    MYSQL_DB: `orderflow_test_${randomBytes(6).toString('hex')}`,
    REDIS_HOST: env('TEST_REDIS_HOST'),
    REDIS_PORT: env('TEST_REDIS_PORT'),
    REDIS_DB: String(await nextRedisDb()),
    REDIS_PASSWORD: '',
    PAYMENT_GATEWAY: 'instant',
    LOG_LEVEL: 'silent',
  };
}

/** Numbers are given out in turn by Redis itself, so that files and runs beside each other never share one. */
async function nextRedisDb(): Promise<number> {
  const options = { host: env('TEST_REDIS_HOST'), port: Number(env('TEST_REDIS_PORT')) };
  const redis = new Redis(options);
  const [, databases] = await redis
    .config('GET', 'databases')
    .then((pair) => (Array.isArray(pair) ? pair.map(String) : []));
  const db = 1 + ((await redis.incr('orderflow:test:next-db')) % (Number(databases ?? 16) - 1));
  await redis.select(db);
  await redis.flushdb();
  redis.disconnect();
  return db;
}
