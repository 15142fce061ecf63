import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from '../../../src/config.ts';
import { freePort, quickStart, startProcess, until } from '../../support/processes/process.ts';
import { ownData, type OwnData } from '../../support/stores/servers.ts';
import { createDatabase } from '../../support/stores/create-database.ts';

let data: OwnData;
let orm: Awaited<ReturnType<typeof createDatabase>>;
let stranger: Server;
let port: number;
let folder: string;
beforeAll(async () => {
  data = await ownData();
  orm = await createDatabase(readConfig(data));
  stranger = createServer();
  port = await freePort();
  await once(stranger.listen(port, '127.0.0.1'), 'listening');
  folder = mkdtempSync(join(tmpdir(), 'orderflow-'));
  writeFileSync(join(folder, 'file'), '');
});
afterAll(async () => {
  await orm.schema.dropDatabase();
  await orm.close(true);
  stranger.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Runs a program of ours to its end. */
function run(script: string, args: readonly string[], env: Readonly<Record<string, string>>) {
  const { promise, resolve } = Promise.withResolvers<Readonly<{ code: number; output: string }>>();
  const child = execFile(
    process.execPath,
    [script, ...args],
    { env: { ...quickStart(), ...env } },
    (_error, out, err) => resolve({ code: child.exitCode ?? -1, output: out + err }),
  );
  return promise;
}

const denied = () => ({ ...data, MYSQL_PASSWORD: 'another one' });
const isTaken = (name: string) => () => ({ ...data, PORT: '1', HEALTH_PORT: '', [name]: String(port) });
const spoilt = (name: string, value: string) => () => ({ ...data, DATA_DIR: folder, [name]: value });
const [api, worker, migrate, start, test, demo, doctor] = [
  'src/api/main.ts',
  'src/workers/main.ts',
  'src/commands/migrate.ts',
  'bin/start.js',
  'bin/test.js',
  'bin/demo.js',
  'bin/doctor.js',
];
const wrongPassword = /MySQL at [\d.]+:\d+ does not let the user '\w+' in.*; correct MYSQL_USER and MYSQL_PASSWORD\./;
const noNumber = (name: string) => new RegExp(`${name} must be a whole number`);

describe('what only somebody else can mend is said in a sentence with its remedy', () => {
  it.each([
    ['a database that denies', api, denied, wrongPassword],
    ['a database that denies', worker, denied, wrongPassword],
    ['a database that denies', migrate, denied, wrongPassword],
    ['a database that denies', 'bin/migrate.js', denied, wrongPassword],
    ['a database that denies', start, () => ({ ...denied(), PORT: '', DATA_DIR: folder }), wrongPassword],
    ['a database that denies', test, () => ({ ...denied(), DATA_DIR: folder }), wrongPassword],
    ['a port that is taken', api, isTaken('PORT'), /Another program listens on port \d+ of 127\.0\.0\.1; .*PORT/],
    ['a port that is taken', api, isTaken('HEALTH_PORT'), /Another program listens on port \d+ .*HEALTH_PORT/],
    ['a port that is taken', worker, isTaken('HEALTH_PORT'), /Another program listens on port \d+ .*HEALTH_PORT/],
    ['an address of elsewhere', api, spoilt('HOST', '192.0.2.1'), /This machine has no address 192\.0\.2\.1; set HOST/],
    ['a bad variable', api, spoilt('FINNHUB_PER_MINUTE', 'many'), noNumber('FINNHUB_PER_MINUTE')],
    ['a bad variable', worker, spoilt('FINNHUB_PER_MINUTE', 'many'), noNumber('FINNHUB_PER_MINUTE')],
    ['a bad variable', migrate, spoilt('MYSQL_PORT', 'x'), noNumber('MYSQL_PORT')],
    ['a bad variable', start, spoilt('PORT', 'eighty'), noNumber('PORT')],
    ['a bad variable', start, spoilt('PORT', '99999'), /PORT must be at most 65535/],
    ['a bad variable', start, spoilt('FINNHUB_PER_MINUTE', 'many'), noNumber('FINNHUB_PER_MINUTE')],
    [
      'a secret’s file that is not there',
      start,
      spoilt('MYSQL_PASSWORD_FILE', '/nowhere'),
      /MYSQL_PASSWORD_FILE names a file/,
    ],
    [
      'a secret’s file that is not there',
      api,
      spoilt('MYSQL_PASSWORD_FILE', '/nowhere'),
      /MYSQL_PASSWORD_FILE names a file/,
    ],
    ['a data folder that is a file', start, () => ({ DATA_DIR: join(folder, 'file') }), /cannot be made.*DATA_DIR/s],
    ['a data folder that is a file', test, () => ({ DATA_DIR: join(folder, 'file') }), /cannot be made.*DATA_DIR/s],
    ['a platform that does not run', demo, () => ({ DATA_DIR: folder }), /npm start/],
  ])('%s: %s', async (_what, script, env, sentence) => {
    const { code, output } = await run(script, [], env());
    expect(output).toMatch(sentence);
    expect(output).not.toMatch(/\n\s+at |node:internal|\berrno\b/);
    expect(code).toBe(1);
  });
});

describe('a command line that asks for what there is not is refused in a sentence, before anything is begun:', () => {
  it.each([
    ['bin/demo.js', ['--help'], /^There is no option --help\.\s+It is called as: npm run demo -- \[--scenario/],
    ['bin/demo.js', ['foo'], /^'foo' is none of its options\./],
    ['bin/demo.js', ['--seed'], /^--seed needs a value\./],
    ['bin/demo.js', ['--seconds', '-1'], /^--seconds needs a value\./],
    ['bin/migrate.js', ['--foo'], /^There is no option --foo\. It is called as: npm run migrate/],
    ['bin/migrate.js', ['--demo=yes'], /^--demo takes no value\./],
    [doctor, ['--foo'], /^There is no option --foo\. It is called as: npm run doctor$/],
    ['bin/docs.js', ['--foo'], /^There is no option --foo\./],
    ['bin/audit.js', ['--foo'], /^There is no option --foo\./],
    ['bin/bench.js', ['--foo'], /^There is no option --foo\./],
    ['bin/bench.js', ['--only', 'nope'], /^--only nope: there are paid-rate, /],
    ['bin/bench.js', ['--rounds', 'x'], /^--rounds must be a number above 0$/],
  ])('%s %j', async (script, args, sentence) => {
    const place = mkdtempSync(join(tmpdir(), 'orderflow-'));
    const { code, output } = await run(script, args, { ...data, DATA_DIR: place });
    const left = readdirSync(place);
    rmSync(place, { recursive: true });
    expect(output.trim()).toMatch(sentence);
    expect(output).not.toMatch(/\n\s+at |node:internal/);
    expect([code, left]).toEqual([1, []]);
  });
});

/** A data folder as a running `npm start` has one: on this test's servers, but for what is said. */
function besidePlatform(mysql: object = {}, redis: object = {}) {
  const place = mkdtempSync(join(tmpdir(), 'orderflow-'));
  const { MYSQL_HOST: host, MYSQL_PORT, MYSQL_USER: user, MYSQL_PASSWORD: password, MYSQL_DB: database } = data;
  const platform = {
    api: 'http://127.0.0.1:8012',
    mysql: { host, port: Number(MYSQL_PORT), user, password, database, ...mysql },
    redis: { host: data['REDIS_HOST'], port: Number(data['REDIS_PORT']), db: Number(data['REDIS_DB']), ...redis },
  };
  writeFileSync(join(place, 'run.json'), JSON.stringify(platform));
  return { folder: place, [Symbol.dispose]: () => rmSync(place, { recursive: true }) };
}

describe('npm run migrate', () => {
  it.each([
    ['port', () => ({ port })],
    ['database', () => ({ database: `${data['MYSQL_DB']}_of_another` })],
    ['password', () => ({ password: 'the one before' })],
  ])('is of what the environment names beside a platform that has another %s', async (_what, other) => {
    using place = besidePlatform(other());
    const { code, output } = await run('bin/migrate.js', [], { ...data, DATA_DIR: place.folder });
    expect([code, output]).toEqual([0, 'schema: up to date\n']);
  });

  it('is of the platform that runs where nothing else is named, whatever password stands in a file', async () => {
    using place = besidePlatform();
    const file = join(place.folder, 'password');
    writeFileSync(file, 'of another server');
    const files = { MYSQL_PASSWORD_FILE: file, REDIS_PASSWORD_FILE: file };
    const { code, output } = await run('bin/migrate.js', [], { ...files, DATA_DIR: place.folder });
    expect([code, output]).toEqual([0, 'schema: up to date\n']);
  });

  it('needs the database alone, in production too', async () => {
    const { MYSQL_HOST = '', MYSQL_PORT = '', MYSQL_USER = '', MYSQL_PASSWORD = '', MYSQL_DB = '' } = data;
    const env = { NODE_ENV: 'production', MYSQL_HOST, MYSQL_PORT, MYSQL_USER, MYSQL_PASSWORD, MYSQL_DB };
    const administrator = { ADMIN_EMAIL: 'root@example.com', ADMIN_PASSWORD: 'a long sentence' };
    const { code, output } = await run(migrate, [], { ...env, ...administrator });
    expect([code, output]).toEqual([0, 'schema: up to date\n']);
  });
});

describe('npm run doctor', () => {
  it('is of a running platform also where the environment names the server that this runs on', async () => {
    using place = besidePlatform();
    const { MYSQL_HOST = '', MYSQL_PORT = '', MYSQL_USER = '', MYSQL_PASSWORD = '', MYSQL_DB = '' } = data;
    const env = { DATA_DIR: place.folder, MYSQL_HOST, MYSQL_PORT, MYSQL_USER, MYSQL_PASSWORD, MYSQL_DB };
    const { code, output } = await run(doctor, [], env);
    expect([code, output]).toEqual([1, expect.stringContaining('[no_worker]')]);
  });

  it('is of the Redis that the environment names beside a platform that has another', async () => {
    using place = besidePlatform({}, { port });
    const { code, output } = await run(doctor, [], { ...data, DATA_DIR: place.folder });
    expect([code, output]).toEqual([1, expect.stringContaining('[no_worker]')]);
  });
});

describe('the port for probes and scrapers', () => {
  it.each([
    ['is loopback’s alone', '', [true, false]],
    ['is where HEALTH_HOST says', '127.0.0.2', [false, true]],
  ])('%s', async (_what, host, reached) => {
    const [health, own] = [await freePort(), await freePort()];
    const env = { HOST: '0.0.0.0', PORT: String(own), HEALTH_PORT: String(health), HEALTH_HOST: host };
    const process = startProcess(api, [], { ...data, ...env });
    const isThere = async (address: string) =>
      (await fetch(`http://${address}:${health}/metrics`).catch(() => undefined))?.ok ?? false;
    await until(
      () => process.output(),
      async () => (await fetch(`http://127.0.0.2:${own}/readyz`).catch(() => undefined)) ?? undefined,
    );
    expect([await isThere('127.0.0.1'), await isThere('127.0.0.2')]).toEqual(reached);
    await process.signal('SIGKILL');
  });
});
