import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { MikroORM } from '@mikro-orm/mysql';
import { readConfig } from '../../src/config.ts';
import { openContext } from '../../src/context.ts';
import { diagnose } from '../../src/doctor/diagnose.ts';
import { ormOptions } from '../../src/entities/orm-options.ts';
import { ping } from '../../src/mysql/database.ts';
import { type Certificate, makeCertificate } from '../support/engines/certificates.ts';
import { openFolder } from '../support/engines/server-node.ts';
import { type MysqlServer, startMysql } from '../support/stores/mysql-server.ts';
import { ownData } from '../support/stores/servers.ts';

let folder: string;
let certificate: Certificate | undefined;
let server: MysqlServer;
beforeAll(async () => {
  folder = await openFolder('mysql-secure');
  certificate = await makeCertificate(folder);
  if (!certificate) return;
  server = await startMysql('orderflow_secure', [
    `--ssl-cert=${certificate.certificate}`,
    `--ssl-key=${certificate.key}`,
  ]);
  await server.asRoot(
    `alter user '${server.env['MYSQL_USER']}'@'127.0.0.1' require ssl`,
    'create database if not exists orderflow_secure',
  );
});
afterAll(async () => {
  if (certificate) await server.stop();
  await rm(folder, { recursive: true });
});

/** What it comes to, to ask the server for an answer. */
async function asked(env: Readonly<Record<string, string>>): Promise<string> {
  const orm = await MikroORM.init(ormOptions(readConfig({ ...(await ownData()), ...server.env, ...env })));
  try {
    await ping(orm);
    return 'answered';
  } catch (error) {
    return String(error);
  } finally {
    await orm.close(true);
  }
}

test('MYSQL_SSL_CA opens TLS to a server that asks for it, and believes no other certificate', async ({ skip }) => {
  if (!certificate) return skip('not run: there is no openssl');
  expect(await asked({})).toMatch(/Access denied/);
  expect(await asked({ MYSQL_SSL_CA: certificate.certificate })).toBe('answered');
  const elsewhere = join(folder, 'another');
  await mkdir(elsewhere);
  const another = await makeCertificate(elsewhere);
  const strange = { MYSQL_SSL_CA: another?.certificate ?? '' };
  expect(await asked(strange)).toMatch(/self-signed certificate/);
  const config = readConfig({ ...(await ownData()), ...server.env, ...strange, LOG_LEVEL: 'silent' });
  const ctx = await openContext(config, 'doctor');
  const [examined] = await diagnose(ctx).finally(() => ctx.close());
  expect(examined?.findings).toMatchObject([{ id: 'mysql_tls', remedy: expect.stringContaining('MYSQL_SSL_CA') }]);
});

test('a server that is called by its name must have a certificate of that name', async ({ skip }) => {
  if (!certificate) return skip('not run: there is no openssl');
  const env = { MYSQL_HOST: 'localhost', MYSQL_SSL_CA: certificate.certificate };
  expect(await asked(env)).toMatch(/does not match certificate/);
});
