import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { BadConfig, readConfig, variables } from '../src/config.ts';
import { queues } from '../src/jobs/queues.ts';

const servers = { MYSQL_HOST: '127.0.0.1', REDIS_HOST: '127.0.0.1' };
const least = { ...servers, PAYMENT_GATEWAY: 'instant', PUBLIC_URL: 'https://shop.example' };
const bin = z
  .object({ productVariables: z.array(z.string()) })
  .parse(await import(new URL('../bin/tools/environment.js', import.meta.url).href));
/** Every variable of the example: its value, and the comment above it. */
const example = Array.from(
  readFileSync('.env.example', 'utf8').matchAll(/^# (.+)\n([A-Z0-9_]+)=(.*)$/gm),
  ([, comment = '', name = '', value = '']) => ({ comment, name, value }),
);
/** Variables that the commands read and the processes do not. */
const ofCommands = ['DATA_DIR'];

/** What the environment is refused with. */
function refusal(env: NodeJS.ProcessEnv): string {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof BadConfig) return error.message;
    throw error;
  }
  throw new Error('the environment was accepted');
}

describe('.env.example', () => {
  it('explains every variable of the processes and the commands, once, and no other', () => {
    const names = example.map(({ name }) => name);
    expect(names.toSorted()).toEqual([...Object.keys(variables), ...ofCommands].toSorted());
    const lines = readFileSync('.env.example', 'utf8').match(/^\w+=/gm) ?? [];
    expect(lines).toHaveLength(example.length);
  });

  it('gives each the default it has, or leaves it empty and says the default', () => {
    const config = z
      .record(z.string(), z.coerce.string())
      .parse(readConfig({ ...least, STRIPE_SECRET_KEY: 'sk_test_1' }));
    const { payments, finnhub, catalog, upkeep, webhooks, mails } = Object.fromEntries(
      queues.map((queue) => [queue.name, queue]),
    );
    const ofQueues: Readonly<Record<string, number | undefined>> = {
      WORKER_CONCURRENCY_PAYMENTS: payments?.concurrency,
      WORKER_CONCURRENCY_FINNHUB: finnhub?.concurrency,
      WORKER_CONCURRENCY_CATALOG: catalog?.concurrency,
      WORKER_CONCURRENCY_UPKEEP: upkeep?.concurrency,
      WORKER_CONCURRENCY_WEBHOOKS: webhooks?.concurrency,
      WORKER_CONCURRENCY_MAILS: mails?.concurrency,
    };
    const without = [...Object.keys(least), 'STRIPE_SECRET_KEY', 'MYSQL_PASSWORD', 'REDIS_PASSWORD'];
    for (const { name, value, comment } of example) {
      const known = String(ofQueues[name] ?? (without.includes(name) ? '' : (config[name] ?? '')));
      if (value !== '' && name !== 'PAYMENT_GATEWAY') expect(`${name}=${value}`).toBe(`${name}=${known}`);
      else expect(`${name}: ${comment}`).toContain(known);
    }
  });

  it('is refused by no process once the servers are named', () => {
    const given = Object.fromEntries(example.map(({ name, value }) => [name, value]));
    expect(readConfig({ ...given, ...least }).PORT).toBe(8012);
  });

  it('holds nothing that the tests would not be kept from', () => {
    expect(bin.productVariables).toEqual(expect.arrayContaining(example.map(({ name }) => name)));
  });
});

describe('the environment', () => {
  it('is refused with every fault at once, each by its name', () => {
    const message = refusal({ PORT: 'eighty', NODE_ENV: 'prod', LOG_LEVEL: 'loud', ADMIN_EMAIL: 'nobody' });
    for (const name of [
      'PORT',
      'NODE_ENV',
      'LOG_LEVEL',
      'ADMIN_EMAIL',
      'MYSQL_HOST',
      'REDIS_HOST',
      'STRIPE_SECRET_KEY',
    ])
      expect(message).toMatch(new RegExp(`^ {2}${name} `, 'm'));
  });

  it('is refused without showing a value', () => {
    const secret = 'hunter2-do-not-tell';
    const message = refusal(Object.fromEntries(Object.keys(variables).map((name) => [name, secret])));
    expect(message).not.toContain(secret);
    expect(message.split('\n').length).toBeGreaterThan(15);
  });

  it('counts empty as unset, and an empty password as none', () => {
    const empty = Object.fromEntries(Object.keys(variables).map((name) => [name, '']));
    const config = readConfig({ ...empty, ...least });
    expect(config).toMatchObject({ PORT: 8012, MYSQL_PASSWORD: '', REDIS_PASSWORD: '', NODE_ENV: 'production' });
    expect(config.ADMIN_PASSWORD).toBeUndefined();
  });

  it('takes secrets from the files that are named, without the newline at the end', () => {
    const folder = mkdtempSync(join(tmpdir(), 'orderflow-secret-'));
    const file = join(folder, 'secret');
    writeFileSync(file, 'from-a-file\n');
    const config = readConfig({ ...least, MYSQL_PASSWORD_FILE: file, FINNHUB_API_KEY_FILE: file, MYSQL_PASSWORD: 'x' });
    rmSync(folder, { recursive: true });
    expect(config).toMatchObject({ MYSQL_PASSWORD: 'from-a-file', FINNHUB_API_KEY: 'from-a-file' });
    expect(refusal({ ...least, MYSQL_PASSWORD_FILE: file })).toMatch(/MYSQL_PASSWORD_FILE names a file/);
  });

  it('keeps several keys apart, and refuses a list of none', () => {
    expect(readConfig({ ...least, STRIPE_SECRET_KEY: 'sk_1, sk_2,' }).STRIPE_SECRET_KEY).toEqual(['sk_1', 'sk_2']);
    expect(refusal({ ...least, STRIPE_SECRET_KEY: ' , ' })).toMatch(/STRIPE_SECRET_KEY names nothing/);
  });
});

describe('the servers', () => {
  const several = ['REDIS_CLUSTER', 'REDIS_SENTINELS'] as const;

  it.each(several)('may be named by %s instead of REDIS_HOST', (name) => {
    const { REDIS_HOST: _, ...without } = least;
    expect(refusal(without)).toMatch(/^ {2}REDIS_HOST is not set/m);
    expect(readConfig({ ...without, [name]: 'a:7000,[::1]:7001, c' })[name]).toEqual([
      { host: 'a', port: 7_000 },
      { host: '::1', port: 7_001 },
      { host: 'c', port: name === 'REDIS_CLUSTER' ? 6_379 : 26_379 },
    ]);
    expect(refusal({ ...least, [name]: 'a:b' })).toMatch(new RegExp(`${name} must be a host, host:port, or several`));
    expect(refusal({ ...least, [name]: 'a:70000' })).toMatch(new RegExp(`${name} must be a host`));
  });

  it('of a cluster have one database, and no sentinels', () => {
    const cluster = { ...least, REDIS_CLUSTER: 'a:7000' };
    expect(refusal({ ...cluster, REDIS_DB: '1' })).toMatch(/REDIS_DB must be 0 on a cluster, which has one database/);
    expect(readConfig({ ...cluster, REDIS_DB: '0' }).REDIS_DB).toBe(0);
    expect(refusal({ ...cluster, REDIS_SENTINELS: 'b' })).toMatch(/REDIS_SENTINELS is no part of a cluster/);
  });

  it('are believed by the certificates in a file that is read at the start', () => {
    for (const word of ['on', 'true']) expect(readConfig({ ...least, REDIS_TLS: word }).REDIS_TLS).toEqual({});
    for (const word of ['off', 'false']) expect(readConfig({ ...least, REDIS_TLS: word }).REDIS_TLS).toBeUndefined();
    expect(readConfig({ ...least, REDIS_TLS: 'package.json' }).REDIS_TLS?.ca).toContain('"orderflow"');
    for (const name of ['REDIS_TLS', 'MYSQL_SSL_CA'])
      expect(refusal({ ...least, [name]: 'nowhere.pem' })).toMatch(
        new RegExp(`${name} names a file that cannot be read`),
      );
  });

  it('of MySQL may be several, each with the port of its own or with MYSQL_PORT', () => {
    const config = readConfig({ ...least, MYSQL_HOST: 'a:3307,b', MYSQL_READ_HOST: 'c', MYSQL_PORT: '3308' });
    expect(config.mysqlHosts).toEqual([
      { host: 'a', port: 3_307 },
      { host: 'b', port: 3_308 },
    ]);
    expect(config.mysqlReadHosts).toEqual([{ host: 'c', port: 3_308 }]);
    expect(readConfig(least).mysqlReadHosts).toEqual([]);
  });
});

describe('what a word must be is said, and no other is taken', () => {
  it.each([
    ['REDIS_HOST', ['cache', 'cache.example', 'cache_1.internal.', '10.0.0.7', '::1', 'fd00::7']],
    ['ALLOWED_HOSTS', ['shop.example', 'Shop.example:8443', '127.0.0.1:8012', '[::1]:8012', 'shop.example, a.example']],
    ['CORS_ORIGINS', ['https://shop.example', 'http://localhost:5173, http://[::1]:3000', 'capacitor://localhost']],
    ['WEBHOOK_ALLOWED_HOSTS', ['localhost,hooks.internal,10.0.0.7', 'fd00::7']],
  ])('%s takes %j', (name, values) => {
    for (const value of values)
      expect(readConfig({ ...least, [name]: value })).toMatchObject({
        [name]: name === 'REDIS_HOST' ? value : value.split(/, ?/),
      });
  });

  it.each([
    [
      'REDIS_HOST',
      ['cache:6380', 'a,b', 'redis://cache', 'me@cache', '/run/redis.sock', '[::1]:6379'],
      /its port is REDIS_PORT/,
    ],
    [
      'ALLOWED_HOSTS',
      ['https://shop.example', 'shop.example/', '*.shop.example', '*', 'shop.example:x', '::1', 'a.example, b/c'],
      /such as shop\.example/,
    ],
    [
      'CORS_ORIGINS',
      [
        'https://shop.example/',
        '*',
        'https://*.shop.example',
        'shop.example',
        'https://shop.example:443',
        'https://Shop.example',
      ],
      /such as https:\/\/shop\.example: lower case, no path, no \*/,
    ],
    [
      'WEBHOOK_ALLOWED_HOSTS',
      ['http://hooks.internal', 'hooks.internal:8080', '*.internal', '10.0.0.0/8'],
      /without a scheme or a port/,
    ],
  ])('%s refuses %j', (name, values, remedy) => {
    for (const value of values) {
      const lines = refusal({ ...least, [name]: value }).split('\n');
      expect(lines.slice(1), value).toEqual([expect.stringMatching(remedy)]);
      expect(lines[1]).toMatch(new RegExp(`^ {2}${name} must be `));
    }
  });

  it('an IPv6 address may stand in brackets also where it is alone', () => {
    expect(readConfig({ ...least, REDIS_HOST: '[::1]' }).REDIS_HOST).toBe('::1');
    expect(readConfig({ ...least, WEBHOOK_ALLOWED_HOSTS: '[::1]' }).webhookHosts).toEqual(['::1']);
  });
});

it('traces go below the address of the collector, or to the whole address that is named for them', () => {
  const [one, other] = ['http://traces:4318', 'https://traces.example/of/orderflow'];
  expect(readConfig(least).tracesUrl).toBeUndefined();
  for (const end of ['', '/', '//'])
    expect(readConfig({ ...least, OTEL_EXPORTER_OTLP_ENDPOINT: `${one}${end}` }).tracesUrl).toBe(`${one}/v1/traces`);
  const named = { ...least, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: other };
  expect(readConfig(named).tracesUrl).toBe(other);
  expect(readConfig({ ...named, OTEL_EXPORTER_OTLP_ENDPOINT: one }).tracesUrl).toBe(other);
});

describe('TRUSTED_PROXIES', () => {
  it('takes addresses and subnets of both kinds', () => {
    const TRUSTED_PROXIES = '10.0.0.0/8, 192.0.2.7,::1,fd00::/8';
    expect(readConfig({ ...least, TRUSTED_PROXIES }).TRUSTED_PROXIES).toHaveLength(4);
  });

  it.each(['proxy.example', '10.0.0.0/33', '10.0.0.0/8/8', '10.0.0/8', '::1/129', '10.0.0.0/x'])(
    'refuses %s',
    (word) => {
      expect(refusal({ ...least, TRUSTED_PROXIES: `10.0.0.1,${word}` })).toMatch(/TRUSTED_PROXIES must be addresses/);
    },
  );
});

describe('production', () => {
  it('is what an unset NODE_ENV means', () => {
    expect(readConfig(least)).toMatchObject({ isProduction: true, bindHost: '0.0.0.0' });
    expect(readConfig({ ...least, NODE_ENV: 'development' })).toMatchObject({
      isProduction: false,
      bindHost: '127.0.0.1',
    });
  });

  it('falls back to no server and no gateway', () => {
    expect(refusal({ NODE_ENV: 'production' })).toMatch(/MYSQL_HOST[^]*REDIS_HOST[^]*STRIPE_SECRET_KEY/);
    expect(readConfig(least).FINNHUB_API_KEY).toBeUndefined();
  });

  it('points nobody to the private servers that it does not have', () => {
    expect(refusal({ NODE_ENV: 'production' })).not.toContain('npm start');
    expect(refusal({ NODE_ENV: 'development' })).toMatch(/MYSQL_HOST is not set; .*`npm start`/);
  });

  it('does not take payments by Stripe without the secret of its webhooks', () => {
    const stripe = { ...least, PAYMENT_GATEWAY: 'stripe', STRIPE_SECRET_KEY: 'sk_test_1' };
    expect(refusal(stripe)).toMatch(/STRIPE_WEBHOOK_SECRET is needed by PAYMENT_GATEWAY=stripe/);
    expect(readConfig({ ...stripe, STRIPE_WEBHOOK_SECRET: 'whsec_1' }).STRIPE_WEBHOOK_SECRET).toEqual(['whsec_1']);
    expect(readConfig({ ...stripe, NODE_ENV: 'development' }).STRIPE_WEBHOOK_SECRET).toBeUndefined();
  });

  it('wants to know the address by which callers reach it, unless it serves nobody', () => {
    const { PUBLIC_URL: _, ...without } = least;
    expect(refusal(without)).toMatch(/^ {2}PUBLIC_URL is not set/m);
    expect(refusal({ ...without, PUBLIC_URL: '' })).toMatch(/^ {2}PUBLIC_URL is not set/m);
    expect(readConfig({ ...without, NODE_ENV: 'development' }).publicUrl).toBe('http://127.0.0.1:8012');
    expect(readConfig(servers, { isServing: false }).isProduction).toBe(true);
  });

  it('takes no password of the demo for its administrator', () => {
    const admin = (password: string) => ({ ...least, ADMIN_EMAIL: 'a@example.com', ADMIN_PASSWORD: password });
    for (const known of ['orderflow-admin', 'orderflow-demo'])
      for (const isServing of [true, false])
        expect(() => readConfig(admin(known), { isServing })).toThrow(/^ {2}ADMIN_PASSWORD is the demo's/m);
    expect(readConfig({ ...admin('orderflow-admin'), NODE_ENV: 'development' }).ADMIN_PASSWORD).toBe('orderflow-admin');
    expect(readConfig(admin('another one')).ADMIN_PASSWORD).toBe('another one');
  });

  it('wants both halves of an administrator, or none', () => {
    expect(refusal({ ...least, ADMIN_EMAIL: 'a@example.com' })).toMatch(/ADMIN_PASSWORD is needed/);
    expect(refusal({ ...least, ADMIN_PASSWORD: 'x' })).toMatch(/ADMIN_EMAIL is needed/);
    expect(readConfig({ ...least, NODE_ENV: 'development', ADMIN_EMAIL: 'a@example.com' }).ADMIN_PASSWORD).toBe(
      undefined,
    );
  });
});
