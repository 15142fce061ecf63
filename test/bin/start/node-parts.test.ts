import { expect, it } from 'vitest';
import { z } from 'zod';

const asFunction = <T>() => z.custom<T>((value) => typeof value === 'function');
const load = async (name: string): Promise<unknown> => import(new URL(`../../../bin/${name}`, import.meta.url).href);
const { childEnvironment } = z
  .object({ childEnvironment: asFunction<(decided: object) => Readonly<Record<string, string>>>() })
  .parse(await load('start/node-parts.js'));
const { readEnvironment } = z
  .object({ readEnvironment: asFunction<(own: object) => object>() })
  .parse(await load('tools/environment.js'));

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
