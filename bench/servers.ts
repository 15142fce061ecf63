import { Redis } from 'ioredis';
import { createConnection } from 'mysql2/promise';
import { z } from 'zod';
import { places, type Servers } from './settings.ts';

const Rows = z.array(z.record(z.string(), z.unknown()));
const Status = z.array(z.object({ Variable_name: z.string(), Value: z.string() }));

/** The private servers, as the bench itself reads them. */
export type Stores = Readonly<{
  /** The first row of a query, its columns as numbers. */
  numbers(query: string): Promise<Readonly<Record<string, number>>>;
  run(query: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** Counters of MySQL since it was started. */
  counters(): Promise<Counters>;
  /** Entries that a stream has ever got. */
  added(db: number, stream: string): Promise<number>;
  /** Begins to read everything as it is now, in a transaction that stays open until it is released. */
  holdSnapshot(): Promise<() => Promise<void>>;
  versions(): Promise<Readonly<{ mysql: string; redis: string }>>;
  close(): Promise<void>;
}>;

/** What clients had MySQL do: statements, and COMMITs among them. What commits by itself is a statement. */
export type Counters = Readonly<{ statements: number; commits: number }>;

/** Connects, and makes both sides' databases. */
export async function openStores(servers: Servers): Promise<Stores> {
  const { MYSQL_HOST: host, MYSQL_PORT: port, MYSQL_USER: user, MYSQL_PASSWORD: password } = servers;
  const mysql = await createConnection({ host, port, user, password, dateStrings: true, supportBigNumbers: true });
  const dbs = [0, 1].map((db) => new Redis({ host: servers.REDIS_HOST, port: servers.REDIS_PORT, db }));
  for (const { MYSQL_DB } of Object.values(places)) await mysql.query(`create database if not exists ${MYSQL_DB}`);
  const run = async (query: string) => {
    const [answer] = await mysql.query(query);
    return Array.isArray(answer) ? Rows.parse(answer) : [];
  };
  const status = async () => {
    const rows = Status.parse(await run('show global status'));
    return new Map(rows.map(({ Variable_name, Value }) => [Variable_name, Number(Value)]));
  };
  return {
    run,
    async numbers(query) {
      return Object.fromEntries(Object.entries((await run(query))[0] ?? {}).map(([name, n]) => [name, Number(n)]));
    },
    async counters() {
      const all = await status();
      return { statements: all.get('Questions') ?? 0, commits: all.get('Com_commit') ?? 0 };
    },
    async added(db, stream) {
      const info = await dbs[db]?.xinfo('STREAM', stream).catch(() => []);
      const list = z.array(z.unknown()).parse(info ?? []);
      return Number(list[list.indexOf('entries-added') + 1] ?? 0);
    },
    async holdSnapshot() {
      const reader = await createConnection({ host, port, user, password });
      await reader.query('set session transaction isolation level repeatable read');
      await reader.query('start transaction with consistent snapshot');
      return () => reader.end();
    },
    async versions() {
      const [row] = await run('select version() as version');
      const info = (await dbs[0]?.info('server')) ?? '';
      return { mysql: String(row?.['version']), redis: /redis_version:(\S+)/.exec(info)?.[1] ?? '' };
    },
    async close() {
      for (const redis of dbs) redis.disconnect();
      await mysql.end();
    },
  };
}
