import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { readConfig, variables } from '../../src/config.ts';
import { placeOrder, statusOf } from '../support/load/place-order.ts';
import { type Platform, startPlatform } from '../support/processes/platform.ts';
import { until } from '../support/processes/process.ts';

const Seconds = z.string().regex(/^\d+s$/);
// What we use of the Compose file's format, and nothing else: a misspelt field is a fault.
const Service = z.strictObject({
  image: z.string(),
  build: z.literal('.').optional(),
  init: z.boolean().optional(),
  restart: z.enum(['unless-stopped', 'no']).optional(),
  stop_grace_period: Seconds.optional(),
  read_only: z.boolean().optional(),
  cap_drop: z.array(z.string()).optional(),
  security_opt: z.array(z.string()).optional(),
  profiles: z.array(z.enum(['obs', 'cluster'])).optional(),
  command: z.union([z.string(), z.array(z.string())]).optional(),
  env_file: z.array(z.strictObject({ path: z.string(), required: z.boolean() })).optional(),
  environment: z.record(z.string(), z.string()).optional(),
  ports: z.array(z.string().regex(/^127\.0\.0\.1:/)).optional(),
  volumes: z.array(z.string()).optional(),
  deploy: z.strictObject({ replicas: z.int() }).optional(),
  depends_on: z.record(z.string(), z.strictObject({ condition: z.string() })).optional(),
  healthcheck: z
    .union([
      z.strictObject({ disable: z.literal(true) }),
      z.strictObject({ test: z.array(z.string()), interval: Seconds, timeout: Seconds, retries: z.int() }),
    ])
    .optional(),
});
const Compose = z.strictObject({
  name: z.literal('orderflow'),
  'x-app': z.unknown(),
  services: z.record(z.string(), Service),
  volumes: z.record(z.string(), z.null()),
});
const { services, volumes } = Compose.parse(parse(readFileSync('docker-compose.yml', 'utf8'), { merge: true }));
const ours = ['migrate', 'api', 'worker'];
const given = { MYSQL_PASSWORD: 'of-the-shop', REDIS_PASSWORD: 'of-the-queues', MYSQL_ROOT_PASSWORD: 'of-the-owner' };

/** A text of the file as Compose reads it with these variables: `${NAME}`, `${NAME:-default}`, `${NAME:?message}`. */
function filled(text: string, env: Readonly<Record<string, string>> = given): string {
  const inner = /\$\{(\w+)(?::([-?])((?:[^${}]|\$\{[^{}]*\})*))?\}/g;
  return text.replaceAll(inner, (_all, name: string, how: string | undefined, rest: string | undefined) => {
    if (env[name]) return env[name];
    if (how === '?') throw new Error(`${name} ${rest}`);
    return filled(rest ?? '', env);
  });
}

describe('the services of the product', () => {
  it('name only variables that exist, and all that production needs beside .env', () => {
    for (const name of ours) {
      const environment = services[name]?.environment ?? {};
      expect(Object.keys(environment).filter((variable) => !(variable in variables))).toEqual([]);
      const env = Object.fromEntries(Object.entries(environment).map(([variable, value]) => [variable, filled(value)]));
      const ofDotEnv = { STRIPE_SECRET_KEY: 'sk_live_x', STRIPE_WEBHOOK_SECRET: 'whsec_x' };
      expect(readConfig({ ...ofDotEnv, ...env })).toMatchObject({
        isProduction: true,
        MYSQL_PASSWORD: 'of-the-shop',
        REDIS_PASSWORD: 'of-the-queues',
      });
    }
  });

  it('may change nothing of their image, and get time to end', () => {
    for (const name of ours) {
      const { read_only, cap_drop, security_opt, stop_grace_period, init } = services[name] ?? {};
      expect({ read_only, cap_drop, security_opt, init }).toEqual({
        read_only: true,
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
        init: true,
      });
      expect(Number.parseInt(stop_grace_period ?? '', 10)).toBeGreaterThan(variables.SHUTDOWN_SECONDS.parse(undefined));
    }
  });
});

it('no password stands in the file: each must be chosen', () => {
  for (const missing of Object.keys(given))
    expect(() => filled(readFileSync('docker-compose.yml', 'utf8'), { ...given, [missing]: '' })).toThrow(missing);
});

it('is filled with what `npm start` gives it where Docker brings the servers: a Redis without a password', async () => {
  const { composeVariables } = z
    .object({
      composeVariables: z.custom<(servers: object) => Record<string, string>>((value) => typeof value === 'function'),
    })
    .parse(await import(new URL('../../bin/servers/docker-services.js', import.meta.url).href));
  const env = composeVariables({ password: 'a long one', database: 'orderflow', mysqlPort: 3_307, redisPort: 6_380 });
  const { mysql, redis } = Compose.parse(
    parse(filled(readFileSync('docker-compose.yml', 'utf8'), env), { merge: true }),
  ).services;
  expect(mysql?.environment).toMatchObject({ MYSQL_DATABASE: 'orderflow', MYSQL_PASSWORD: 'a long one' });
  expect(mysql?.ports).toEqual(['127.0.0.1:3307:3306']);
  expect(redis?.command).toContain('--user default on nopass ~* &* +@all');
  expect(redis?.ports).toEqual(['127.0.0.1:6380:6379']);
});

it('what is mounted is there, and what is started without a profile is what the product needs', () => {
  const mounted = Object.values(services).flatMap((service) => service.volumes ?? []);
  for (const [source = ''] of mounted.map((volume) => volume.split(':')))
    expect(source.startsWith('./') ? existsSync(source) : source in volumes, source).toBe(true);
  const always = Object.entries(services).filter(([, { profiles }]) => profiles === undefined);
  expect(always.map(([name]) => name).toSorted()).toEqual(['api', 'migrate', 'mysql', 'redis', 'worker']);
});

describe('`up --wait`', () => {
  it('waits for what ends until it has ended, and for nothing that nobody asks for', () => {
    const awaited = Object.values(services).flatMap(({ depends_on = {} }) =>
      Object.entries(depends_on).filter(([, { condition }]) => condition === 'service_completed_successfully'),
    );
    const ending = Object.entries(services).filter(([, { restart }]) => restart === 'no');
    expect(new Set(ending.map(([name]) => name))).toEqual(new Set(awaited.map(([name]) => name)));
    const neither = Object.entries(services).filter(([, { restart, healthcheck }]) => !restart && !healthcheck);
    expect(neither).toEqual([]);
    expect(services['redis-cluster']).toMatchObject({ restart: 'unless-stopped', init: true });
    expect(JSON.stringify(services['redis-cluster']?.healthcheck)).toContain('cluster_state:ok');
  });

  it('makes one cluster of the nodes, however often it is called, and what has made it stays', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'orderflow-cluster-'));
    const [made, asleep] = [join(folder, 'made'), join(folder, 'asleep')];
    // The nodes are whole once they have been made a cluster, and are made one once at the most.
    const answer = [
      'if [ "$1" = --cluster ]',
      `then [ -e ${made} ] || echo "$@" > ${made}`,
      `elif [ -e ${made} ]`,
      'then echo cluster_state:ok',
      'fi',
    ].join('\n');
    for (const [name, lines] of [
      ['redis-cli', answer],
      ['sleep', `[ "$1" = infinity ] || exit 0\ntouch ${asleep}\nexec /bin/sleep 1000`],
      ['getent', 'echo 10.0.0.2 STREAM; echo 10.0.0.1 STREAM; echo 10.0.0.1 DGRAM'],
    ] as const)
      writeFileSync(join(folder, name), `#!/bin/sh\n${lines}\n`, { mode: 0o755 });
    const [shell = '', ...words] = [services['redis-cluster']?.command ?? []]
      .flat()
      .map((word) => word.replaceAll('$$', '$'));
    for (const time of ['the first', 'the second']) {
      const child = spawn(shell, words, { env: { PATH: `${folder}:${process.env['PATH']}` }, stdio: 'ignore' });
      onTestFinished(() => void child.kill('SIGKILL'));
      await until(`${time} has found it whole`, () => existsSync(asleep) || undefined);
      expect(child.exitCode).toBeNull();
      child.kill('SIGKILL');
      rmSync(asleep);
      expect(readFileSync(made, 'utf8').trim()).toBe(
        '--cluster create 10.0.0.1:6379 10.0.0.2:6379 --cluster-replicas 1 --cluster-yes',
      );
    }
    rmSync(folder, { recursive: true });
  });
});

describe('the rights that the file gives at Redis', () => {
  const rule = (services['redis']?.command ?? []).at(-1) ?? '';
  const words = filled(rule).replace('--user default on >of-the-queues ', '').split(' ');
  let platform: Platform;
  beforeAll(async () => {
    platform = await startPlatform({ ownRedis: true });
    await platform.redis.call('ACL', 'SETUSER', 'default', 'reset', 'on', 'nopass', ...words);
  });
  afterAll(() => platform.stop());

  it('are all that the product needs, and no more than that', async () => {
    const id = await placeOrder(platform);
    await until('the order is paid', async () => (await statusOf(platform, id)) === 'paid' || undefined);
    for (const path of ['/queues', '/jobs', '/status', '/market/budget', '/admin/queues/api/queues'])
      expect((await platform.send('GET', path, undefined, 'admin')).status, path).toBe(200);
    expect((await platform.send('GET', '/market/quote?symbol=AAPL')).status).toBe(200);
    for (const action of ['stop', 'start'])
      expect((await platform.send('POST', `/payments/${action}`, undefined, 'admin')).status).toBe(200);
    const worker = await platform.startWorker();
    await worker.signal('SIGTERM');
    await expect(platform.redis.flushall()).rejects.toThrow('NOPERM');
    await expect(platform.redis.config('GET', 'requirepass')).rejects.toThrow('NOPERM');
  });

  it('stand in docs/operating.md in the same words', () => {
    expect(readFileSync('docs/operating.md', 'utf8')).toContain(words.join(' '));
  });
});
