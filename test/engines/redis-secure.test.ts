import { afterAll, beforeAll, expect, test } from 'vitest';
import { openConnection, patientRedis } from '../../src/redis/connection.ts';
import { readConfig } from '../../src/config.ts';
import { openContext } from '../../src/context.ts';
import { diagnose } from '../../src/doctor/diagnose.ts';
import { type Certificate, makeCertificate } from '../support/engines/certificates.ts';
import { seeOrderPaid } from '../support/engines/main-flows.ts';
import { redisNode } from '../support/engines/redis-node.ts';
import { endNodes, type Node, openFolder } from '../support/engines/server-node.ts';
import { startPlatform } from '../support/processes/platform.ts';
import { freePorts } from '../support/processes/process.ts';
import { ownData } from '../support/stores/servers.ts';

let folder: string;
let certificate: Certificate | undefined;
let server: Node;
let env: Readonly<Record<string, string>>;
beforeAll(async () => {
  folder = await openFolder('secure');
  certificate = await makeCertificate(folder);
  if (!certificate) return;
  const [plain = 0, secure = 0] = await freePorts(2);
  const files = ['--tls-cert-file', certificate.certificate, '--tls-key-file', certificate.key];
  const own = ['--tls-port', String(secure), '--tls-auth-clients', 'no', ...files];
  const users = [
    '--user',
    'shop',
    'on',
    '>let-me-in',
    '~*',
    '&*',
    '+@all',
    '-@dangerous',
    '+info',
    '+client',
    '--user',
    'default',
    'off',
  ];
  server = redisNode(folder, plain, [...own, ...users]);
  await server.start();
  env = {
    REDIS_HOST: '127.0.0.1',
    REDIS_PORT: String(secure),
    REDIS_DB: '0',
    REDIS_USER: 'shop',
    REDIS_PASSWORD: 'let-me-in',
    REDIS_TLS: certificate.certificate,
  };
});
afterAll(() => (certificate ? endNodes(folder, [server]) : undefined));

test('an order is paid over TLS as a user who may not do what is dangerous', async ({ skip }) => {
  if (!certificate) return skip('not run: there is no openssl');
  const platform = await startPlatform({ env });
  await seeOrderPaid(platform);
  await platform.stop();
});

test('a server whose certificate is signed by nobody who is known is not spoken to', async ({ skip }) => {
  if (!certificate) return skip('not run: there is no openssl');
  const config = readConfig({ ...(await ownData()), ...env, REDIS_TLS: 'true' });
  const redis = openConnection({ ...patientRedis(config), retryStrategy: () => 10_000 });
  const error = await new Promise<Error>((resolve) => redis.once('error', resolve));
  redis.disconnect();
  expect(error.message).toMatch(/self-signed certificate/);
  const ctx = await openContext({ ...config, LOG_LEVEL: 'silent' }, 'doctor');
  const [examined] = await diagnose(ctx).finally(() => ctx.close());
  expect(examined?.findings).toMatchObject([{ id: 'redis_tls', remedy: expect.stringContaining('REDIS_TLS') }]);
});
