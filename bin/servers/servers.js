import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import { isDebian, unpackServers } from './debian-packages.js';
import { dockerAnswers, dockerServices } from './docker-services.js';
import { findServer, installFolders } from './installed-servers.js';
import { withFreePorts } from './free-ports.js';
import { missingServers } from './missing-servers.js';
import { mysqlServer } from './mysql-server.js';
import { redisServer } from './redis-server.js';

const serverNames = { mysql: 'MySQL', redis: 'Redis' };

/**
 * Brings up what the environment does not name, from the first source that has it: an installed server, Docker,
 * Debian's packages. Answers `{ mysql, redis, programs }`: connections, and the private servers' programs.
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
  const { programs, useCompose } = await findSources({ environment, steps, missing, folders, useDocker, cacheFolder });
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
        dockerServices({
          environment,
          supervisor,
          folder: join(dataDirectory, 'docker'),
          names: useCompose,
          database,
          db,
        }),
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

async function findSources({ environment, steps, missing, folders, useDocker, cacheFolder }) {
  const programs = {};
  const unusable = [];
  for (const kind of missing) programs[kind] = withEnv(environment, await findServer(kind, folders, { unusable }));
  let left = missing.filter((kind) => !programs[kind]);
  if (left.length === 0) return { programs, useCompose: [] };
  if (useDocker && (await dockerAnswers())) return { programs, useCompose: left };
  if (await isDebian()) {
    const names = left.map((kind) => serverNames[kind]).join(' and ');
    const title = `No ${names} here: unpack Debian's server packages under ${cacheFolder}, installing nothing`;
    const unpacked = await steps.step(title, (detail) => unpackServers(cacheFolder, detail));
    for (const kind of left)
      programs[kind] = withEnv(
        environment,
        await findServer(kind, unpacked.folders, { ...unpacked, unusable }),
        unpacked.env,
      );
    left = left.filter((kind) => !programs[kind]);
  }
  if (left.length > 0)
    throw missingServers(
      left.map((kind) => serverNames[kind]),
      unusable,
    );
  return { programs, useCompose: [] };
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
