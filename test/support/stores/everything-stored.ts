import type { MikroORM } from '@mikro-orm/mysql';
import type { Redis } from 'ioredis';
import { z } from 'zod';

/** Every key and value of a Redis db, as one text. */
export async function everythingInRedis(redis: Redis): Promise<string> {
  const keys = await redis.keys('*');
  const values = await Promise.all(
    keys.map(async (key) => {
      const type = await redis.type(key);
      if (type === 'string') return redis.get(key);
      if (type === 'hash') return redis.hgetall(key);
      if (type === 'list') return redis.lrange(key, 0, -1);
      if (type === 'set') return redis.smembers(key);
      if (type === 'zset') return redis.zrange(key, 0, -1);
      if (type === 'stream') return redis.xrange(key, '-', '+');
      // The lock of a job that has just ended.
      if (type === 'none') return undefined;
      throw new Error(`${key} is a ${type}`);
    }),
  );
  return JSON.stringify([keys, values]);
}

const Names = z.array(z.object({ name: z.string() }));

/** Every row of a database but those of the tables left out, as one text. */
export async function everythingInMysql(orm: MikroORM, leftOut: readonly string[] = []): Promise<string> {
  const em = orm.em.fork();
  const named = 'select table_name as name from information_schema.tables where table_schema = database()';
  const tables = Names.parse(await em.execute(named)).filter(({ name }) => !leftOut.includes(name));
  const rows: unknown[] = [];
  for (const { name } of tables) rows.push([name, await em.execute<unknown[]>(`select * from \`${name}\``)]);
  return JSON.stringify(rows);
}
