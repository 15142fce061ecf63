import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import { isDebian, packagedProduct, unpackServers } from './debian-packages.js';
import { dockerAnswers, dockerServices } from './docker-services.js';
import { findServer, installFolders } from './installed-servers.js';
import { withFreePorts } from './free-ports.js';
import { dockerIsGone, keptData, noteInDocker, serverIsGone } from './kept-data.js';
import { missingServers } from './missing-servers.js';
import { mysqlServer } from './mysql-server.js';
import { redisServer } from './redis-server.js';

const serverNames = { mysql: 'MySQL', redis: 'Redis' };

/**
 * Brings up what the environment does not name: from where its data are, or for new data from the first source that has it, which is
 * an installed server, Docker, or Debian's packages. Answers `{ mysql, redis, programs }`: connections, and the private servers' programs.
 * `folders` and `useDocker` narrow where it looks.
 */
export async function bringServers({
  environment,
  steps,
  supervisor,
  dataDirectory,
  cacheFolder = join(dataDirectory, 'servers'),
  isDurable = true,
  folders = installFolders(environment.path),
  useDocker = true,
}) {
  const given = givenServers(environment);
  const database = environment.setting('MYSQL_DB');
  const db = Number(environment.setting('REDIS_DB'));
  const missing = Object.keys(serverNames).filter((kind) => !given[kind]);
  const { programs, useCompose } = await findSources({
    environment,
    steps,
    missing,
    folders,
    useDocker,
    cacheFolder,
    dataDirectory,
  });
  const isPrivate = (kind) => programs[kind] !== undefined;
  const start = (kind, make) =>
    steps.step(serverNames[kind], (detail) => startPrivate(supervisor, programs[kind], make, detail));

  const [mysql, redis, docker] = await Promise.all([
    isPrivate('mysql') &&
      start('mysql', (server, port) =>
        mysqlServer({ server, folder: join(dataDirectory, 'mysql'), port, database, isDurable }),
      ),
    isPrivate('redis') &&
      start('redis', (server, port) =>
        redisServer({ server, folder: join(dataDirectory, 'redis'), port, db, isDurable }),
      ),
    useCompose.length > 0 &&
      steps.step('MySQL and Redis by Docker', () =>
        inDocker({ environment, supervisor, dataDirectory, names: useCompose, database, db }),
      ),
  ]);
  const fromDocker = (kind) => (useCompose.includes(kind) ? docker[kind] : undefined);
  return {
    mysql: given.mysql ?? (mysql || fromDocker('mysql')),
    redis: given.redis ?? (redis || fromDocker('redis')),
    programs,
  };
}

/** The servers that the environment names; those are used as they are. */
export function givenServers({ value, setting }) {
  const password = (name) => value(name) ?? '';
  const mysql = value('MYSQL_HOST') && {
    ...firstOf(value('MYSQL_HOST'), setting('MYSQL_PORT')),
    user: setting('MYSQL_USER'),
    password: password('MYSQL_PASSWORD'),
    database: setting('MYSQL_DB'),
  };
  const redisHosts = redisVariables.map(value).find((hosts) => hosts !== undefined);
  const redis = redisHosts && {
    ...firstOf(redisHosts, setting('REDIS_PORT')),
    db: Number(setting('REDIS_DB')),
    ...(value('REDIS_PASSWORD') && { password: password('REDIS_PASSWORD') }),
  };
  return { mysql, redis };
}

/** The variables of those servers which the environment does not name. A password's file would win over the password. */
export function unnamedServers({ value }, { mysql, redis }) {
  return {
    ...(mysql &&
      !value('MYSQL_HOST') && {
        MYSQL_HOST: mysql.host,
        MYSQL_PORT: String(mysql.port),
        MYSQL_USER: mysql.user,
        MYSQL_PASSWORD: mysql.password,
        MYSQL_PASSWORD_FILE: '',
        MYSQL_DB: mysql.database,
      }),
    ...(redis &&
      !redisVariables.some((name) => value(name)) && {
        REDIS_HOST: redis.host,
        REDIS_PORT: String(redis.port),
        REDIS_DB: String(redis.db),
        REDIS_PASSWORD: redis.password ?? '',
        REDIS_PASSWORD_FILE: '',
      }),
  };
}

/** What names a Redis: one server, nodes of a cluster, or sentinels. */
const redisVariables = ['REDIS_CLUSTER', 'REDIS_SENTINELS', 'REDIS_HOST'];

/** The first of `host[:port],…`. An IPv6 address alone needs no brackets. */
function firstOf(hosts, otherwise) {
  if (isIPv6(hosts)) return { host: hosts, port: Number(otherwise) };
  const [, address, host = address, port = otherwise] =
    /^(?:\[([^\]]+)\]|([^\s:,]+))(?::(\d+))?/.exec(hosts.trim()) ?? [];
  return { host, port: Number(port) };
}

async function findSources({ environment, steps, missing, folders, useDocker, cacheFolder, dataDirectory }) {
  const kept = keptData(dataDirectory);
  const named = (some) => some.map((kind) => serverNames[kind]);
  const unusable = [];
  const programs = {};
  const find = async (kind, places, { env, ...options } = {}) => {
    const found = await findServer(kind, places, { env, unusable, product: kept[kind]?.product, ...options });
    programs[kind] = withEnv(environment, found, env);
  };
  const docker = missing.filter((kind) => kept[kind]?.source === 'docker');
  let left = missing.filter((kind) => !docker.includes(kind));
  for (const kind of left) await find(kind, folders);
  left = left.filter((kind) => !programs[kind]);
  const fresh = left.filter((kind) => !kept[kind]);
  if (docker.length + fresh.length > 0 && useDocker && (await dockerAnswers())) {
    docker.push(...fresh);
    left = left.filter((kind) => kept[kind]);
  } else if (docker.length > 0) throw dockerIsGone(named(docker), dataDirectory);
  refuseLost(left, (kind) => (kept[kind]?.product ?? packagedProduct) !== packagedProduct);
  if (left.length > 0 && (await isDebian())) {
    const title = `No ${named(left).join(' and ')} here: unpack Debian's server packages under ${cacheFolder}, installing nothing`;
    const unpacked = await steps.step(title, (detail) => unpackServers(cacheFolder, detail));
    for (const kind of left) await find(kind, unpacked.folders, unpacked);
    left = left.filter((kind) => !programs[kind]);
  }
  refuseLost(left, (kind) => kept[kind]);
  if (left.length > 0) throw missingServers(named(left), unusable);
  return { programs, useCompose: docker };

  /** A server of another make, or an empty one, is worse than none. */
  function refuseLost(some, isLost) {
    const lost = some.find(isLost);
    if (lost) throw serverIsGone(serverNames[lost], kept[lost], unusable);
  }
}

async function inDocker({ dataDirectory, names, ...options }) {
  const kept = keptData(dataDirectory);
  const noted = Object.keys(kept).filter((kind) => kept[kind]?.source === 'docker');
  // Before there is anything else in the folder, so that a first start that fails is not taken for data.
  noteInDocker(dataDirectory, noted);
  const services = await dockerServices({ ...options, folder: join(dataDirectory, 'docker'), names });
  noteInDocker(dataDirectory, [...new Set([...noted, ...names])]);
  return services;
}

function withEnv(environment, found, env = {}) {
  return found && { ...found, env: { ...environment.all, ...env }, libraries: env.LD_LIBRARY_PATH ?? '' };
}

function startPrivate(supervisor, server, make, detail) {
  return withFreePorts(1, async ([port]) => {
    detail(`${server.product} ${server.version}, private, port ${port}`);
    const { plan, connection } = await make(server, port);
    await supervisor.start(plan);
    return connection;
  });
}
