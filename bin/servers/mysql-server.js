import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { initialise, placeFlags } from './mysql-files.js';

/** The user of the private server; it has every right on databases called orderflow…, and none elsewhere. */
const appUser = 'orderflow';

/**
 * The private MySQL or MariaDB in `folder`: `{ plan, connection }`, its data directory made when there is none.
 * Without `isDurable` (tests) a crash of the machine may lose the last commits.
 */
export async function mysqlServer({ server, folder, port, database, isDurable }) {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const [data, tmp] = [join(folder, 'data'), join(folder, 'tmp')];
  mkdirSync(tmp, { recursive: true });
  await initialise(server, data);
  const password = keptPassword(folder);
  const initFile = join(folder, 'init.sql');
  writeFileSync(initFile, initSql(password, database), { mode: 0o600 });
  const connection = { host: '127.0.0.1', port, user: appUser, password, database };
  const flags = [...placeFlags(server), ...commonFlags(data, port), `--tmpdir=${tmp}`, `--init-file=${initFile}`];
  const plan = {
    role: 'mysql',
    command: server.program,
    args: [
      '--no-defaults',
      ...flags,
      ...(server.product === 'MySQL' ? mysqlFlags : mariadbFlags),
      ...safety(server.product, isDurable),
    ],
    env: server.env,
    cwd: data,
    isReady: () => isOurs(connection, data),
  };
  return { plan, connection };
}

// Without a --tmpdir of its own, a server that starts throws away the temporary tables of every other one on the machine.
function commonFlags(data, port) {
  return [
    `--datadir=${data}`,
    `--port=${port}`,
    '--bind-address=127.0.0.1',
    '--socket=s', // Relative: a whole path may be longer than the 107 characters a socket's name may have.
    '--pid-file=pid',
    '--skip-log-bin',
    '--skip-name-resolve',
    '--character-set-server=utf8mb4',
    '--collation-server=utf8mb4_bin',
    '--default-time-zone=+00:00',
    '--transaction-isolation=READ-COMMITTED',
    '--max-connections=400',
    '--innodb-buffer-pool-size=128M',
    '--performance-schema=OFF',
  ];
}

const mariadbFlags = [
  '--innodb-log-file-size=64M',
  // MySQL's own default, so that what runs here runs there.
  '--sql-mode=ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION',
];

const mysqlFlags = ['--innodb-redo-log-capacity=64M', '--mysqlx=OFF'];

// Tests make and drop a hundred databases of thirty tables: one file for all, no statistics of each, no wait for the disk.
const forTests = [
  '--innodb-flush-log-at-trx-commit=0',
  '--innodb-doublewrite=0',
  '--innodb-file-per-table=OFF',
  '--innodb-stats-persistent=OFF',
];
// What MySQL has no switch for.
const mariadbForTests = ['--debug-no-sync'];

function safety(product, isDurable) {
  if (isDurable) return ['--innodb-flush-log-at-trx-commit=1'];
  return product === 'MySQL' ? forTests : [...forTests, ...mariadbForTests];
}

/** Run by the server at every start, before it listens; root stays reachable by the socket in its own folder alone. */
function initSql(password, database) {
  const user = `'${appUser}'@'127.0.0.1'`;
  const exactly = database.replaceAll('`', '``').replaceAll(/[_%\\]/g, '\\$&');
  return `CREATE USER IF NOT EXISTS ${user} IDENTIFIED BY '${password}';
ALTER USER ${user} IDENTIFIED BY '${password}';
GRANT ALL PRIVILEGES ON \`orderflow%\`.* TO ${user};
GRANT ALL PRIVILEGES ON \`${exactly}\`.* TO ${user};
DROP USER IF EXISTS 'root'@'127.0.0.1';
DROP USER IF EXISTS 'root'@'::1';
`;
}

function keptPassword(folder) {
  const file = join(folder, 'password');
  if (!existsSync(file)) writeFileSync(file, randomBytes(24).toString('hex'), { mode: 0o600 });
  return readFileSync(file, 'utf8').trim();
}

/** Answers once the server that listens there is the one with our data; a stranger on that port is never written to. */
async function isOurs({ host, port, user, password }, data) {
  const { createConnection } = await import('mysql2/promise');
  let connection;
  try {
    connection = await createConnection({ host, port, user, password, connectTimeout: 2000 });
    const [[row]] = await connection.query('select @@datadir as place');
    return realpathSync(row.place) === realpathSync(data);
  } catch {
    return false;
  } finally {
    connection?.destroy();
  }
}
