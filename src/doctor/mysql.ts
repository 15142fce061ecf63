import type { EntityManager, MikroORM } from '@mikro-orm/mysql';
import { z } from 'zod';
import { when, type Finding } from '../process/finding.ts';

const Named = z.array(z.object({ Variable_name: z.string(), Value: z.string() }));
const Names = z.array(z.object({ name: z.string() }));

const leastPacket = 16 * 1024 * 1024;

/** Looks at the server, at how the product's own sessions begin, and at what its login may do. */
export async function checkMysql(orm: MikroORM): Promise<readonly Finding[]> {
  const em = orm.em.fork();
  const [server, session] = [await variables(em, 'global'), await variables(em, 'session')];
  return [
    ...checkVersion(server),
    ...checkDurability(server),
    ...checkSessions(server, session),
    ...checkRoom(server, orm.config.get('pool')?.max ?? 0),
    ...(await checkCollations(em)),
    ...(await checkRights(em, orm)),
  ];
}

/** Variables by their names, which MySQL and MariaDB do not all share. */
type Variables = ReadonlyMap<string, string>;

async function variables(em: EntityManager, scope: 'global' | 'session'): Promise<Variables> {
  const rows = Named.parse(await em.execute(`show ${scope} variables`));
  return new Map(rows.map(({ Variable_name: name, Value: value }) => [name.toLowerCase(), value]));
}

function checkVersion(server: Variables): readonly Finding[] {
  const version = server.get('version') ?? '';
  const [major = 0, minor = 0] = version.split(/[.-]/).map(Number);
  const isMariadb = /mariadb/i.test(version);
  const isOld = isMariadb ? major < 10 || (major === 10 && minor < 11) : major < 8;
  const fault = `The server is ${version}; Orderflow needs MySQL 8 or MariaDB 10.11.`;
  return when(isOld, 'mysql_version', fault, 'Upgrade the server.');
}

function checkDurability(server: Variables): readonly Finding[] {
  const flush = server.get('innodb_flush_log_at_trx_commit');
  const sync = server.get('sync_binlog');
  return [
    ...when(
      flush !== '1',
      'mysql_flush',
      `A crash of the machine loses committed orders: innodb_flush_log_at_trx_commit is ${flush}.`,
      'SET PERSIST innodb_flush_log_at_trx_commit = 1 (MariaDB: SET GLOBAL, and the same in its configuration file).',
    ),
    ...when(
      server.get('log_bin') === 'ON' && sync !== '1',
      'mysql_binlog',
      `Replicas and backups may lack committed orders after a crash: sync_binlog is ${sync}.`,
      'SET PERSIST sync_binlog = 1 (MariaDB: SET GLOBAL, and the same in its configuration file).',
    ),
    ...when(
      [server.get('read_only'), server.get('super_read_only')].includes('ON'),
      'mysql_read_only',
      'The server takes no writes: read_only is ON.',
      'Name the primary in MYSQL_HOST, or SET GLOBAL read_only = OFF if this is it.',
    ),
  ];
}

const isolationOf = (some: Variables) => some.get('transaction_isolation') ?? some.get('tx_isolation') ?? '';

/** Sessions set their own level. Where something keeps them from it, they would do with a server's usual one, and with no other. */
const bearable = ['READ-COMMITTED', 'REPEATABLE-READ'];

function checkSessions(server: Variables, session: Variables): readonly Finding[] {
  const [own, usual] = [isolationOf(session), isolationOf(server)];
  const isolation = own === 'READ-COMMITTED' ? usual : own;
  return [
    ...when(
      own !== 'READ-COMMITTED' || !bearable.includes(usual),
      'mysql_isolation',
      `Sessions begin at ${isolation}: orders wait for each other.`,
      "SET GLOBAL TRANSACTION ISOLATION LEVEL READ COMMITTED, and the same in the server's configuration file.",
    ),
    ...when(
      !/STRICT_(TRANS|ALL)_TABLES/.test(session.get('sql_mode') ?? ''),
      'mysql_strict',
      'The server cuts values that do not fit instead of refusing them: sql_mode is not strict.',
      'Add STRICT_TRANS_TABLES to sql_mode.',
    ),
  ];
}

function checkRoom(server: Variables, pool: number): readonly Finding[] {
  const [connections, packet] = [Number(server.get('max_connections')), Number(server.get('max_allowed_packet'))];
  return [
    ...when(
      connections < 2 * pool,
      'mysql_connections',
      `The server takes ${connections} connections; an API and a worker may need ${2 * pool}.`,
      `Set max_connections to ${pool} for each process and some for people.`,
    ),
    ...when(
      packet < leastPacket,
      'mysql_packet',
      `A batch of orders may be larger than the server takes: max_allowed_packet is ${packet} bytes.`,
      `Set max_allowed_packet to ${leastPacket} or more.`,
    ),
  ];
}

async function checkCollations(em: EntityManager): Promise<readonly Finding[]> {
  const found = Names.parse(
    await em.execute(
      `select table_name as name from information_schema.tables
       where table_schema = database() and table_type = 'BASE TABLE' and table_collation <> 'utf8mb4_bin'
       union select schema_name from information_schema.schemata
       where schema_name = database() and default_collation_name <> 'utf8mb4_bin'`,
    ),
  );
  return when(
    found.length > 0,
    'mysql_collation',
    `'AAPL' and 'aapl' are one key here: ${list(found)} ${found.length > 1 ? 'are' : 'is'} not utf8mb4_bin.`,
    'ALTER TABLE … CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_bin; ALTER DATABASE … COLLATE utf8mb4_bin.',
  );
}

/** Tries what the processes do, on no row: who may migrate is another question, and another login may do so. */
async function checkRights(em: EntityManager, orm: MikroORM): Promise<readonly Finding[]> {
  const present = Names.parse(
    await em.execute('select table_name as name from information_schema.tables where table_schema = database()'),
  ).map(({ name }) => name);
  const missing: string[] = [];
  for (const { tableName, primaryKeys, properties } of orm.getMetadata().getAll().values()) {
    if (!present.includes(tableName)) continue;
    const [key = ''] = primaryKeys.flatMap((name) => properties[name]?.fieldNames ?? []);
    const tries = {
      select: `select 1 from \`${tableName}\` where false`,
      insert: `insert into \`${tableName}\` select * from \`${tableName}\` where false`,
      update: `update \`${tableName}\` set \`${key}\` = \`${key}\` where false`,
      delete: `delete from \`${tableName}\` where false`,
    };
    for (const [right, sql] of Object.entries(tries))
      if (await isDenied(em, sql)) missing.push(`${right} on ${tableName}`);
  }
  return when(
    missing.length > 0,
    'mysql_rights',
    `The login may not ${missing.slice(0, 4).join(', ')}${missing.length > 4 ? ` and ${missing.length - 4} more` : ''}.`,
    'GRANT SELECT, INSERT, UPDATE, DELETE on the database to the user of MYSQL_USER.',
  );
}

const denials = new Set(['ER_TABLEACCESS_DENIED_ERROR', 'ER_COLUMNACCESS_DENIED_ERROR', 'ER_DBACCESS_DENIED_ERROR']);

async function isDenied(em: EntityManager, sql: string): Promise<boolean> {
  try {
    await em.execute(sql);
    return false;
  } catch (error) {
    // That the server takes no writes at all is found elsewhere.
    return error instanceof Error && 'code' in error && denials.has(String(error.code));
  }
}

function list(found: readonly Readonly<{ name: string }>[]): string {
  const names = found.map(({ name }) => name);
  return names.length > 3 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : names.join(', ');
}
