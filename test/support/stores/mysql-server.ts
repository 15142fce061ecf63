import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createConnection } from 'mysql2/promise';
import { z } from 'zod';
import { runAsRoot } from '../engines/as-root.ts';
import { follow, freePort, type TestProcess, until } from '../processes/process.ts';

/** A MySQL or MariaDB of the test's own. */
export type MysqlServer = Readonly<{
  env: Record<string, string>;
  process(): TestProcess;
  /** Does as root, by its socket, what its user may not. */
  asRoot(...statements: readonly string[]): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** Starts it again on the same port and data after a kill. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}>;

const Plan = z.object({
  command: z.string(),
  args: z.array(z.string()),
  cwd: z.string(),
  connection: z.object({ user: z.string(), password: z.string() }),
});

/** Starts one as `npm start` does, durable, on a free port with data of its own below `place`; `options` are further ones. */
export async function startMysql(
  database: string,
  options: readonly string[] = [],
  place?: string,
): Promise<MysqlServer> {
  const libraries = process.env['TEST_LD_LIBRARY_PATH'];
  const env = { PATH: process.env['PATH'] ?? '', ...(libraries ? { LD_LIBRARY_PATH: libraries } : {}) };
  const folder = await mkdtemp(join(place ?? tmpdir(), 'orderflow-mysql-'));
  const port = await freePort();
  const script = join(import.meta.dirname, 'prepare-mysql.js');
  const words = [script, process.env['TEST_MYSQL_SERVER'] ?? 'mysqld', folder, String(port), database];
  const { stdout } = await promisify(execFile)(process.execPath, words, { env });
  const { command, args, cwd, connection } = Plan.parse(JSON.parse(stdout));
  const { user, password } = connection;

  let current: TestProcess;
  const start = async () => {
    current = follow(spawn(command, [...args, ...options], { env, cwd, stdio: ['ignore', 'pipe', 'pipe'] }));
    const opened = await until(
      () => `MySQL takes connections; it said: ${current.output()}`,
      () => createConnection({ host: '127.0.0.1', port, user, password, connectTimeout: 2_000 }).catch(() => undefined),
    );
    opened.destroy();
  };
  await start();
  return {
    env: {
      MYSQL_HOST: '127.0.0.1',
      MYSQL_PORT: String(port),
      MYSQL_USER: user,
      MYSQL_PASSWORD: password,
      MYSQL_DB: database,
    },
    process: () => current,
    asRoot: (...statements) => runAsRoot(join(cwd, 's'), statements),
    restart: start,
    async stop() {
      await current.signal('SIGKILL');
      await rm(folder, { recursive: true, force: true });
    },
  };
}
