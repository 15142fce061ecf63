import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { readConfig } from '../../src/config.ts';
import { createDatabase } from '../support/stores/create-database.ts';
import { ownData, type OwnData } from '../support/stores/servers.ts';

const run = promisify(execFile);
const lines = Array.from(
  readFileSync('docs/operating.md', 'utf8').matchAll(/^((mysqldump|mariadb-dump) .*) orderflow > orderflow\.sql/gm),
  ([, command = '', program = '']) => ({ program, words: command.split(' ').slice(1) }),
);
let data: OwnData;
let orm: Awaited<ReturnType<typeof createDatabase>>;
beforeAll(async () => {
  data = await ownData();
  orm = await createDatabase(readConfig(data));
});
afterAll(async () => {
  await orm.schema.dropDatabase();
  await orm.close(true);
});

it('the backup of each engine is made with what its own program knows, and a login of this database alone may do', () => {
  expect(lines).toEqual([
    { program: 'mysqldump', words: ['--single-transaction', '--quick', '--no-tablespaces', '--set-gtid-purged=OFF'] },
    { program: 'mariadb-dump', words: ['--single-transaction', '--quick'] },
  ]);
});

it('the backup of the engine that is here is made as the page says', async () => {
  const [{ version } = { version: '' }] = z
    .array(z.object({ version: z.string() }))
    .parse(await orm.em.execute('select version() version'));
  const own = lines.find(({ program }) => program === (/mariadb/i.test(version) ? 'mariadb-dump' : 'mysqldump'));
  const { program = '', words = [] } = own ?? {};
  const { MYSQL_HOST = '', MYSQL_PORT = '', MYSQL_USER = '', MYSQL_PASSWORD = '', MYSQL_DB = '' } = data;
  const server = ['--protocol=tcp', `--host=${MYSQL_HOST}`, `--port=${MYSQL_PORT}`, `--user=${MYSQL_USER}`];
  const env = { PATH: process.env['PATH'], MYSQL_PWD: MYSQL_PASSWORD };
  const dump = await run(program, [...server, ...words, MYSQL_DB], { env, maxBuffer: 10_000_000 }).catch(
    (error: unknown) => {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
      throw error;
    },
  );
  if (!dump) {
    process.stdout.write(`the backup: not run, there is no ${program}\n`);
    return;
  }
  expect(dump.stdout).toContain('CREATE TABLE `orders`');
  expect(dump.stderr).not.toMatch(/denied|error/i);
});
