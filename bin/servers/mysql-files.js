import { existsSync, mkdirSync, readFileSync, realpathSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { runTool } from '../tools/run-tool.js';

const sharePlaces = ['share/mysql', 'share/mariadb', 'share', 'share/mysql-8.4', 'share/mysql-8.0'];

/** The flags that tell a server, installed or unpacked anywhere, where its own files are. */
export function placeFlags({ program, product }) {
  const { base, share } = filesOf(program);
  const flags = [`--basedir=${base}`];
  if (share) flags.push(`--lc-messages-dir=${share}`, `--character-sets-dir=${join(share, 'charsets')}`);
  if (product === 'MySQL') flags.push('--secure-file-priv=NULL');
  // Both refuse to run as root unless told so; nobody else may be told.
  if (process.getuid?.() === 0) flags.push('--user=root');
  return flags;
}

/**
 * Makes the data directory when there is none yet: in a folder aside, renamed when complete, so that one that was
 * interrupted half-way is never taken for a database. @throws Error with the server's own words.
 */
export async function initialise(server, data) {
  if (existsSync(data)) return;
  const draft = `${data}.new`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { recursive: true, mode: 0o700 });
  const { code, output } = await (server.product === 'MySQL' ? initialiseMysql : bootstrapMariadb)(server, draft);
  if (code !== 0)
    throw new Error(`${server.program} could not make its data directory:\n${output.trim().slice(-2000)}`);
  renameSync(draft, data);
}

/** MariaDB's own installer needs programs of other packages; what it does is feed these files to the server. */
function bootstrapMariadb(server, draft) {
  const { share } = filesOf(server.program);
  const file = (name) => {
    const candidates = [join(share, `mysql_${name}.sql`), join(share, `mariadb_${name}.sql`)];
    return readFileSync(candidates.find(existsSync) ?? candidates[0], 'utf8');
  };
  const sql = [
    'create database if not exists mysql;\nuse mysql;',
    "SET @auth_root_socket=NULL;\nSET @skip_auth_anonymous=1;\nSET @current_hostname='localhost';",
    file('system_tables'),
    file('performance_tables'),
    file('system_tables_data'),
    'use mysql;',
    readFileSync(join(share, 'maria_add_gis_sp_bootstrap.sql'), 'utf8'),
    file('sys_schema'),
  ].join('\n');
  const flags = [`--datadir=${draft}`, `--tmpdir=${draft}`, '--innodb-log-file-size=64M', '--skip-log-bin'];
  const args = ['--no-defaults', '--bootstrap', ...placeFlags(server), ...flags, '--skip-grant-tables'];
  return runTool(server.program, args, { env: server.env, input: sql, ms: 120_000 });
}

function initialiseMysql(server, draft) {
  const args = ['--no-defaults', '--initialize-insecure', ...placeFlags(server), `--datadir=${draft}`];
  return runTool(server.program, [...args, '--innodb-redo-log-capacity=64M'], { env: server.env, ms: 120_000 });
}

function filesOf(program) {
  const base = dirname(dirname(realpathSync(program)));
  const share = sharePlaces.find((place) => existsSync(join(base, place, 'charsets', 'Index.xml')));
  return { base, share: share && join(base, share) };
}
