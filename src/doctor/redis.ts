import type { Redis } from '../redis/client.ts';
import { when, type Finding } from '../process/finding.ts';

const mostOfMemory = 0.8;
// In braces, so that on a cluster all keys of it are of one server.
const probe = 'bull:{orderflow-doctor}';

/** Looks at the server, at what it keeps, and at what its login may do. */
export async function checkRedis(redis: Redis): Promise<readonly Finding[]> {
  const told = await infoOf(redis);
  const version = told.get('redis_version') ?? '0';
  const [used, most] = [Number(told.get('used_memory')), Number(told.get('maxmemory'))];
  const policy = told.get('maxmemory_policy');
  return [
    ...when(
      Number.parseInt(version, 10) < 7,
      'redis_version',
      `The server is ${version}; Orderflow needs Redis 7 or Valkey 8.`,
      'Upgrade the server.',
    ),
    ...when(
      policy !== 'noeviction',
      'redis_eviction',
      `Jobs may be thrown away when memory is short: maxmemory-policy is ${policy}.`,
      'CONFIG SET maxmemory-policy noeviction, and the same in its configuration file.',
    ),
    ...when(
      most > 0 && used > mostOfMemory * most,
      'redis_memory',
      `Redis will soon refuse jobs: ${Math.round((100 * used) / most)} % of maxmemory is used.`,
      'Raise maxmemory, or look at what waits: GET /queues.',
    ),
    ...when(
      told.get('role') !== 'master',
      'redis_replica',
      'This is a replica, which takes no writes.',
      'Name the master in REDIS_HOST, or REPLICAOF NO ONE if this is to be it.',
    ),
    ...(await checkPersistence(redis, told)),
    // A replica refuses the first write, and a client then looks for the master.
    ...(told.get('role') === 'master' ? await checkRights(redis) : []),
  ];
}

async function infoOf(redis: Redis): Promise<ReadonlyMap<string, string>> {
  const lines = (await redis.info()).matchAll(/^(\w+):(.*?)\r?$/gm);
  return new Map(Array.from(lines, ([, name = '', value = '']) => [name, value]));
}

async function checkPersistence(redis: Redis, told: ReadonlyMap<string, string>): Promise<readonly Finding[]> {
  const hasLog = told.get('aof_enabled') === '1';
  // A managed server may keep its settings to itself; it then has the snapshots that it says it has.
  const [, snapshots = 'unknown'] = await redis.config('GET', 'save').then(
    (pair) => (Array.isArray(pair) ? pair.map(String) : []),
    () => [],
  );
  const failed = ['aof_last_write_status', 'rdb_last_bgsave_status'].filter((name) => told.get(name) === 'err');
  return [
    ...when(
      !hasLog && snapshots === '',
      'redis_persistence',
      'A restart of Redis loses every job and stream, which are then built again from MySQL, and meanwhile wait.',
      'CONFIG SET appendonly yes, and the same in its configuration file.',
    ),
    ...when(
      failed.length > 0,
      'redis_disk',
      `Redis could not write to its disk: ${failed.join(', ')} is err.`,
      "Make room on its disk, and look into the server's log.",
    ),
  ];
}

/** Each command that the product cannot do without, on keys of its own kind. */
const needed: readonly (readonly [string, ...(string | number)[]])[] = [
  ['SET', probe, '1', 'PX', 1_000],
  ['GET', probe],
  ['EVAL', 'return 1', 1, probe],
  ['XADD', `${probe}:stream`, '*', 'probe', '1'],
  ['XRANGE', `${probe}:stream`, '-', '+', 'COUNT', 1],
  ['ZADD', `${probe}:set`, 1, 'probe'],
  ['BZPOPMIN', `${probe}:set`, 0.01],
  ['HSET', `${probe}:hash`, 'probe', '1'],
  ['LPUSH', `${probe}:list`, '1'],
  ['CLIENT', 'LIST'],
  ['DEL', probe, `${probe}:stream`, `${probe}:set`, `${probe}:hash`, `${probe}:list`],
];

async function checkRights(server: Redis): Promise<readonly Finding[]> {
  const missing: string[] = [];
  for (const [command, ...given] of needed) {
    // That there is no memory is found elsewhere.
    const isDenied = await server.call(command, ...given).then(
      () => false,
      (error: unknown) => error instanceof Error && error.message.startsWith('NOPERM'),
    );
    if (isDenied) missing.push(command);
  }
  return when(
    missing.length > 0,
    'redis_rights',
    `The login may not ${missing.join(', ')}.`,
    'ACL SETUSER … ~* &* +@all -@dangerous +info +client (docs/operating.md has the whole line).',
  );
}
