import { expect, it } from 'vitest';
import { buildApp } from '../../../src/api/app.ts';
import { readConfig } from '../../../src/config.ts';
import { openTestApi } from '../../support/api/test-api.ts';
import { problemOf } from '../../support/api/problem-of.ts';

it('hosts are answered as the environment says, by the header and by the line of the request', async () => {
  const api = await openTestApi();
  const servers = { MYSQL_HOST: 'db', REDIS_HOST: 'redis', PAYMENT_GATEWAY: 'instant' };
  const statusesAt = async (env: Readonly<Record<string, string>>, hosts: readonly string[]) => {
    const app = await buildApp({ ...api.ctx, config: readConfig({ ...servers, ...env }) }, api.parts);
    const own = new URL(env['PUBLIC_URL'] ?? 'http://127.0.0.1:8012').origin;
    const asked = hosts.map(async (host) => {
      const answer = await app.request(`${own}/auth/ping`, { headers: { host } });
      if (answer.status !== 200) expect(await problemOf(answer)).toMatchObject({ status: 403, code: 'foreign_host' });
      return answer.status;
    });
    return Promise.all(asked);
  };
  const local = [
    'localhost',
    'LOCALHOST:8012',
    'localhost.',
    'shop.localhost:1',
    '127.0.0.1:8012',
    '127.1.2.3',
    '[::1]:8012',
  ];
  const foreign = [
    'evil.example',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    'evil-localhost',
    '192.0.2.1',
    '[::2]',
  ];
  const development = { NODE_ENV: 'development' };
  expect(await statusesAt(development, local)).toEqual(local.map(() => 200));
  expect(await statusesAt(development, foreign)).toEqual(foreign.map(() => 403));
  // The address by which callers are told to come is answered too.
  const tunnel = { ...development, PUBLIC_URL: 'https://tunnel.example:8443' };
  expect(await statusesAt(tunnel, ['tunnel.example:8443', 'evil.example'])).toEqual([200, 403]);
  const network = { ...development, HOST: '192.0.2.7' };
  expect(await statusesAt(network, ['192.0.2.7:8012', 'localhost:8012', '192.0.2.8'])).toEqual([200, 200, 403]);
  expect(await statusesAt({ ...development, HOST: '2001:db8::7' }, ['[2001:db8::7]:8012'])).toEqual([200]);
  const production = { NODE_ENV: 'production', PUBLIC_URL: 'https://shop.example' };
  expect(await statusesAt(production, [...local, ...foreign])).toEqual([...local, ...foreign].map(() => 200));
  const listed = { ...production, ALLOWED_HOSTS: 'Shop.example, other.example:8443' };
  const hosts = [
    'shop.example',
    'SHOP.example:443',
    'other.example:8443',
    'other.example',
    'a.shop.example',
    'localhost',
  ];
  expect(await statusesAt(listed, hosts)).toEqual([200, 200, 200, 403, 403, 403]);
  const app = await buildApp({ ...api.ctx, config: readConfig({ ...servers, ...development }) }, api.parts);
  expect((await app.request('http://evil.example/auth/ping', { headers: { host: 'localhost' } })).status).toBe(403);
  // Probes know no names.
  expect((await app.request('/healthz', { headers: { host: '192.0.2.1:8012' } })).status).toBe(200);
  await api.close();
});
