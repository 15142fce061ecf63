import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { readConfig } from '../../../src/config.ts';

const asFunction = <T>() => z.custom<T>((value) => typeof value === 'function');
const load = async (name: string): Promise<unknown> => import(new URL(`../../../bin/${name}`, import.meta.url).href);
const { childEnvironment } = z
  .object({ childEnvironment: asFunction<(decided: object) => Readonly<Record<string, string>>>() })
  .parse(await load('start/node-parts.js'));
const { readEnvironment } = z
  .object({ readEnvironment: asFunction<(own: object) => object>() })
  .parse(await load('tools/environment.js'));
const { chooseUpstreams } = z
  .object({ chooseUpstreams: asFunction<(environment: object, ports: readonly number[]) => object>() })
  .parse(await load('start/upstreams.js'));

/** What the processes are told of the hosts that are answered. */
const hostsOf = (own: Readonly<Record<string, string>>, url = 'http://127.0.0.1:8013') =>
  childEnvironment({
    environment: readEnvironment(own),
    servers: {},
    upstreams: { env: {} },
    dataDirectory: '/nowhere',
    url,
  })['ALLOWED_HOSTS'];

it('the address at which the platform calls itself is among the hosts that are answered', () => {
  expect(hostsOf({ ALLOWED_HOSTS: 'shop.example' })).toBe('shop.example,127.0.0.1:8013');
  expect(hostsOf({ ALLOWED_HOSTS: 'shop.example' }, 'http://[::1]:8013')).toBe('shop.example,[::1]:8013');
  expect(hostsOf({})).toBeUndefined();
  expect(hostsOf({ ALLOWED_HOSTS: '' })).toBe('');
  expect(hostsOf({ ALLOWED_HOSTS: 'shop.example', NODE_ENV: 'production' })).toBe('shop.example');
});

it.each([
  ['nothing else', {}],
  ['stand-ins on this machine', { STRIPE_API_BASE: 'http://127.0.0.1:9', FINNHUB_BASE_URL: 'http://localhost:9' }],
])('an empty file of a secret leaves it to the sandbox, to the processes as well, beside %s', (_what, own) => {
  const folder = mkdtempSync(join(tmpdir(), 'orderflow-secret-'));
  const file = join(folder, 'empty');
  writeFileSync(file, '\n');
  const names = ['FINNHUB_API_KEY', 'STRIPE_SECRET_KEY', 'STRIPE_WEBHOOK_SECRET', 'SMTP_URL'] as const;
  const environment = readEnvironment({ ...own, ...Object.fromEntries(names.map((name) => [`${name}_FILE`, file])) });
  const upstreams = chooseUpstreams(environment, [1, 2, 3, 4, 5, 6]);
  const servers = { mysql: { host: '127.0.0.1', port: 1 }, redis: { host: '127.0.0.1', port: 2, db: 0 } };
  const env = childEnvironment({
    environment,
    servers,
    upstreams,
    dataDirectory: '/nowhere',
    url: 'http://127.0.0.1:3',
  });
  const config = readConfig(Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined)));
  rmSync(folder, { recursive: true });
  expect(config).toMatchObject({
    FINNHUB_API_KEY: 'sandbox-free',
    STRIPE_SECRET_KEY: ['sk_test_sandbox'],
    STRIPE_WEBHOOK_SECRET: ['whsec_sandbox'],
    SMTP_URL: 'smtp://127.0.0.1:5',
  });
});
