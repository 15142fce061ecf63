import { Cluster, type Redis as Single } from 'ioredis';
import type { Redis } from '../redis/client.ts';
import { when, type Finding } from '../process/finding.ts';

const mostOfMemory = 0.8;
// In braces, so that on a cluster all keys of it are of one server.
const probe = 'bull:{orderflow-doctor}';

/** Looks at the server, or each master of a cluster: what it keeps, and what its login may do. */
export async function checkRedis(redis: Redis): Promise<readonly Finding[]> {
  return redis instanceof Cluster ? checkCluster(redis) : checkServer(redis);
}

async function checkServer(redis: Single): Promise<readonly Finding[]> {
  const told = valuesIn(await redis.info());
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

const slots = 16_384;

/** A command without a key goes to any one node: each master is asked by itself, and all of them who is lost. */
async function checkCluster(cluster: Cluster): Promise<readonly Finding[]> {
  const lost = new Set<string>();
  const looks = cluster.nodes('master').map(async (master): Promise<readonly Finding[]> => {
    const address = `${master.options.host}:${master.options.port}`;
    const listed = await master.cluster('NODES').then(String, (error: unknown) => (isDenied(error) ? '' : undefined));
    for (const one of listed === undefined ? [address] : lostIn(listed)) lost.add(one);
    const found = listed === undefined ? [] : await checkServer(master);
    return found.map(({ id, fault, remedy }) => ({ id, fault: `${address}: ${fault}`, remedy }));
  });
  const found = (await Promise.all(looks)).flat();
  return [
    ...found,
    ...when(
      lost.size > 0,
      'redis_node',
      `Nodes of the cluster do not answer: ${[...lost].join(', ')}.`,
      'Start them, or CLUSTER FORGET those that are gone, and give each master a replica.',
    ),
    ...(await checkSlots(cluster)),
  ];
}

/** The addresses of those that most masters hold for gone. */
function lostIn(listed: string): readonly string[] {
  return listed.split('\n').flatMap((line) => {
    const [id = '', address = '', flags = ''] = line.split(' ');
    return /\b(fail|noaddr)(,|$)/.test(flags) ? [address.replace(/@.*/, '') || id] : [];
  });
}

async function checkSlots(cluster: Cluster): Promise<readonly Finding[]> {
  const told = valuesIn(await cluster.cluster('INFO'));
  const served = Number(told.get('cluster_slots_assigned')) - Number(told.get('cluster_slots_fail'));
  return when(
    served < slots,
    'redis_slots',
    `Of the ${slots} slots of the cluster ${slots - served} are served by nobody: what is kept there waits.`,
    'Start their master or a replica of it, or redis-cli --cluster fix.',
  );
}

function valuesIn(text: string): ReadonlyMap<string, string> {
  return new Map(Array.from(text.matchAll(/^(\w+):(.*?)\r?$/gm), ([, name = '', value = '']) => [name, value]));
}

async function checkPersistence(redis: Single, told: ReadonlyMap<string, string>): Promise<readonly Finding[]> {
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

async function checkRights(server: Single): Promise<readonly Finding[]> {
  const missing: string[] = [];
  for (const [command, ...given] of needed) {
    // That there is no memory is found elsewhere. A master that does not hold these keys looks at rights before it says so.
    if (await server.call(command, ...given).then(() => false, isDenied)) missing.push(command);
  }
  return when(
    missing.length > 0,
    'redis_rights',
    `The login may not ${missing.join(', ')}.`,
    'ACL SETUSER … ~* &* +@all -@dangerous +info +client (docs/operating.md has the whole line).',
  );
}

function isDenied(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('NOPERM');
}
