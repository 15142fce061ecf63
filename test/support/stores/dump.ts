import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise';

type Server = Readonly<Record<string, string | undefined>>;

const connect = ({ MYSQL_HOST, MYSQL_PORT, MYSQL_USER, MYSQL_PASSWORD, MYSQL_DB }: Server, database = MYSQL_DB) =>
  createConnection({
    host: MYSQL_HOST ?? '',
    port: Number(MYSQL_PORT),
    user: MYSQL_USER ?? '',
    password: MYSQL_PASSWORD ?? '',
    ...(database === undefined ? {} : { database }),
    charset: 'utf8mb4_bin',
    // Moments as the server writes them, whatever zone this process is in.
    dateStrings: true,
    multipleStatements: true,
  });

/** A database as it was at one moment: each table's definition, and its rows. */
export type Dump = readonly Readonly<{ table: string; definition: string; rows: readonly (readonly unknown[])[] }>[];

/** Reads all of a database out of one snapshot, while others write: what `mysqldump --single-transaction` does. */
export async function dumpDatabase(server: Server): Promise<Dump> {
  const connection = await connect(server);
  try {
    await connection.query('/* of the test */ set transaction isolation level repeatable read');
    await connection.query('start transaction with consistent snapshot');
    const tables = await rowsOf(connection, `show full tables where table_type = 'BASE TABLE'`);
    const dump: { table: string; definition: string; rows: unknown[][] }[] = [];
    for (const [table] of tables) {
      const [[, definition] = []] = await rowsOf(connection, `show create table \`${String(table)}\``);
      const rows = await rowsOf(connection, `select * from \`${String(table)}\``);
      dump.push({ table: String(table), definition: String(definition), rows });
    }
    return dump;
  } finally {
    connection.destroy();
  }
}

/** Makes a database of this name that holds what the dump does. */
export async function restoreDatabase(server: Server, name: string, dump: Dump): Promise<void> {
  const connection = await connect(server, '');
  try {
    await connection.query(`create database if not exists \`${name}\` character set utf8mb4 collate utf8mb4_bin`);
    await connection.query(`use \`${name}\``);
    // In one breath: a question for each table would cost more than the tables.
    const making = dump.flatMap(({ table, definition, rows }) => [
      definition,
      ...(rows.length > 0 ? [connection.format(`insert into \`${table}\` values ?`, [rows])] : []),
    ]);
    await connection.query(['set foreign_key_checks = 0', ...making].join(';'));
  } finally {
    connection.destroy();
  }
}

async function rowsOf(connection: Connection, sql: string): Promise<unknown[][]> {
  const [rows] = await connection.query<RowDataPacket[][]>({ sql, rowsAsArray: true });
  return rows.map((row) => row.map((value) => (isJson(value) ? JSON.stringify(value) : value)));
}

/** MySQL's own JSON is read as what it says, and written as text. */
function isJson(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Buffer.isBuffer(value);
}
