import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { Redis } from 'ioredis';
import { createConnection } from 'mysql2/promise';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { plainEnvironment } from '../../support/processes/platform-process.ts';
import { untilTrue } from '../../support/processes/process.ts';

const Program = z.looseObject({ program: z.string(), product: z.string() });
const Found = z.object({
  mysql: z.object({ host: z.string(), port: z.int(), user: z.string(), password: z.string() }),
  redis: z.object({ host: z.string(), port: z.int() }),
  programs: z.object({ mysql: Program, redis: Program }),
});
type Found = z.infer<typeof Found>;
const Missing = z.object({ missing: z.string(), remedy: z.string().optional() });
const Answer = z.union([Found, Missing]);
const Names = z.tuple([z.object({ name: z.string() })]);

describe('MySQL and Redis', () => {
  it('come from installed servers, private and durable', async () => {
    await withServers('installed', async (found, folder) => {
      await expectPrivateAndDurable(found, folder);
    });
  });

  it("come from Debian's packages, unpacked without root and without a change to the system", async () => {
    await withServers('debian', async (found, folder) => {
      for (const { program } of Object.values(found.programs)) expect(program.startsWith(folder)).toBe(true);
      await expectPrivateAndDurable(found, folder);
    });
  });

  it('come again from where their data are, also when Docker has come meanwhile', async () => {
    await withServers('debian', async (found, folder, again) => {
      await keep(found, 'one of before');
      const tools = join(folder, 'tools');
      mkdirSync(tools);
      // It answers, and can bring nothing up.
      const answers = 'case "$*" in info|"compose version") exit 0;; *) exit 1;; esac';
      writeFileSync(join(tools, 'docker'), `#!/bin/sh\n${answers}\n`, { mode: 0o755 });
      const next = await again('docker', { PATH: `${tools}:${process.env['PATH']}` });
      expect(await kept(Found.parse(next))).toEqual(['one of before', 'one of before']);
    });
  });

  it.each([
    [
      'of MySQL, where there is MariaDB alone',
      'mysql/data/mysql.ibd',
      /mysql\/data were made by MySQL.*Install MySQL again/s,
    ],
    ['in Docker, which does not answer', 'docker/password', /MySQL and Redis .* are in Docker.*Start Docker/s],
  ])('are not begun anew beside data %s', async (_what, file, told) => {
    const folder = makeFolder();
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), '');
    const { answer, stop } = await bring('debian', folder);
    await stop();
    const made = ['mysql/password', 'redis'].filter((name) => existsSync(join(folder, name)));
    rmSync(folder, { recursive: true });
    expect(Object.values(Missing.parse(answer)).join('\n')).toMatch(told);
    expect(made).toEqual([]);
  });

  it('come from the environment when it names them, and nothing is started', async () => {
    const folder = makeFolder();
    const env = { MYSQL_HOST: 'db.example', MYSQL_PASSWORD: 'secret', REDIS_HOST: 'cache.example', REDIS_PORT: '7000' };
    const { answer, stop } = await bring('debian', folder, env);
    await stop();
    rmSync(folder, { recursive: true });
    expect(answer).toEqual({
      mysql: { host: 'db.example', port: 3306, user: 'root', password: 'secret', database: 'orderflow' },
      redis: { host: 'cache.example', port: 7000, db: 0 },
      programs: {},
    });
  });

  it.each([
    ['several, of which the first is told', 'REDIS_CLUSTER', '[::1]:7000,c'],
    ['an address of IPv6', 'REDIS_HOST', '::1'],
  ])('come from the environment also when it names %s', async (_what, name, hosts) => {
    const folder = makeFolder();
    const env = { MYSQL_HOST: 'a:3307,b', MYSQL_PASSWORD: 'secret', [name]: hosts, REDIS_PORT: '7000' };
    const { answer, stop } = await bring('debian', folder, env);
    await stop();
    rmSync(folder, { recursive: true });
    expect(answer).toMatchObject({
      mysql: { host: 'a', port: 3_307 },
      redis: { host: '::1', port: 7_000 },
      programs: {},
    });
  });
});

type Again = (source: string, env: Readonly<Record<string, string>>) => Promise<unknown>;

async function withServers(
  source: string,
  work: (found: Found, folder: string, again: Again) => Promise<void>,
): Promise<void> {
  const folder = makeFolder();
  const { answer, stop: stopFirst } = await bring(source, folder);
  let stop = stopFirst;
  const again: Again = async (next, env) => {
    expect(await stop()).toBe(0);
    const brought = await bring(next, folder, env);
    stop = brought.stop;
    return brought.answer;
  };
  const parsed = Answer.parse(answer);
  try {
    if ('missing' in parsed) {
      // Only what is not there may be missing: no installed server, or no Debian server that answers.
      expect(parsed.missing).toMatch(
        source === 'debian' ? /could not be downloaded|no usable/ : /no usable|could not be/,
      );
      process.stdout.write(`servers from '${source}': not run\n`);
      return;
    }
    await work(parsed, folder, again);
  } finally {
    expect(await stop()).toBe(0);
    rmSync(folder, { recursive: true, force: true });
  }
}

async function bring(source: string, folder: string, env: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, ['test/support/processes/bring-servers.js', source, folder], {
    env: { ...plainEnvironment(), ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit').then(([code]) => z.int().parse(code));
  const [line] = await once(createInterface(child.stdout), 'line');
  const stop = () => {
    child.kill('SIGTERM');
    return exited;
  };
  const answer: unknown = JSON.parse(z.string().parse(line));
  return { answer, stop };
}

/** Writes a name into both. */
async function keep({ mysql, redis }: Found, name: string): Promise<void> {
  const connection = await createConnection({ ...mysql });
  await connection.query('create database orderflow_of_a_test');
  await connection.query('create table orderflow_of_a_test.kept select ? as name', [name]);
  await connection.end();
  const client = new Redis({ host: redis.host, port: redis.port });
  await client.set('name', name);
  await client.quit();
}

/** The names that are in both. */
async function kept({ mysql, redis }: Found): Promise<readonly unknown[]> {
  const connection = await createConnection({ ...mysql });
  const [rows] = await connection.query('select name from orderflow_of_a_test.kept');
  await connection.end();
  const client = new Redis({ host: redis.host, port: redis.port });
  const inRedis = await client.get('name');
  await client.quit();
  return [Names.parse(rows)[0].name, inRedis];
}

async function expectPrivateAndDurable({ mysql, redis }: Found, folder: string): Promise<void> {
  const connection = await createConnection({ ...mysql });
  const [rows] = await connection.query(
    'select @@datadir place, @@tmpdir tmp, @@innodb_flush_log_at_trx_commit durable, @@bind_address address',
  );
  // Servers that share a folder for it throw away each other's temporary tables when they start.
  const [place, tmp] = [`${join(folder, 'mysql', 'data')}/`, join(folder, 'mysql', 'tmp')];
  expect(rows).toEqual([{ place, tmp, durable: 1, address: '127.0.0.1' }]);
  await connection.query('create database orderflow_of_a_test');
  await expect(connection.query('create database another')).rejects.toThrow('Access denied');
  await connection.end();
  // Anyone on this machine can reach the port; the user that may do everything must not be among them.
  for (const user of ['root', '', 'mysql', 'mariadb.sys'])
    await expect(createConnection({ ...mysql, user, password: '' })).rejects.toThrow();

  const client = new Redis({ host: redis.host, port: redis.port, lazyConnect: true });
  await client.connect();
  for (const [name, value] of [
    ['appendonly', 'yes'],
    ['maxmemory-policy', 'noeviction'],
    ['bind', '127.0.0.1'],
  ] as const)
    expect(await client.config('GET', name)).toEqual([name, value]);
  await client.quit();
  await untilTrue(() => client.status === 'end');
}

function makeFolder(): string {
  return realpathSync(mkdtempSync(join(tmpdir(), 'orderflow-servers-')));
}
