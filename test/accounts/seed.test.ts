import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { MikroORM } from '@mikro-orm/mysql';
import { readConfig } from '../../src/config.ts';
import { Product } from '../../src/entities/catalog.entity.ts';
import { User } from '../../src/entities/accounts.entity.ts';
import { openPasswords } from '../../src/accounts/passwords.ts';
import { seedAdministrator, seedDemo } from '../../src/accounts/seed.ts';
import { freePort, startProcess, type TestProcess, until } from '../support/processes/process.ts';
import { startMysql } from '../support/stores/mysql-server.ts';
import { ownData } from '../support/stores/servers.ts';
import { createDatabase } from '../support/stores/create-database.ts';

let given: Record<string, string>;
let orm: MikroORM;
const admin = { ADMIN_EMAIL: 'Boss@Example.com', ADMIN_PASSWORD: 'a long enough secret' };

beforeAll(async () => {
  given = { ...(await ownData()), NODE_ENV: 'production', PUBLIC_URL: 'https://shop.example' };
  orm = await createDatabase(readConfig(given));
  await empty();
});
afterAll(async () => {
  await orm.schema.dropDatabase();
  await orm.close(true);
});

async function empty(): Promise<void> {
  await orm.em.fork().nativeDelete(User, {});
  await orm.em.fork().nativeDelete(Product, {});
}
const users = () => orm.em.fork().find(User, {}, { orderBy: { id: 'asc' } });
const migrate = (env: Readonly<Record<string, string>> = {}, ...args: string[]) =>
  ended(startProcess('src/commands/migrate.ts', args, { ...given, ...env }));
async function ended(process: TestProcess): Promise<string> {
  await until(`the end of ${process.pid}: ${process.output()}`, () => (isRunning(process) ? undefined : true));
  return process.output();
}
function isRunning({ pid }: TestProcess): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('production', () => {
  it('without an administrator stops the migration and the API, and names the variables', async () => {
    expect(await migrate()).toMatch(/no administrator: set ADMIN_EMAIL and ADMIN_PASSWORD/);
    const port = String(await freePort());
    expect(await ended(startProcess('src/api/main.ts', [], { ...given, PORT: port }))).toMatch(/no administrator/);
  });

  it('gets no demo logins, also when they are asked for', async () => {
    await migrate({}, '--demo');
    expect(await users()).toEqual([]);
  });

  it('gets the administrator that is named, once', async () => {
    expect(await migrate(admin)).toMatch(/schema: up to date/);
    expect(await migrate({ ...admin, ADMIN_EMAIL: 'other@example.com' })).toMatch(/schema: up to date/);
    const [boss, ...others] = await users();
    expect(others).toEqual([]);
    expect(boss).toMatchObject({ email: 'boss@example.com', role: 'admin' });
    expect(await openPasswords().fits(admin.ADMIN_PASSWORD, boss?.passwordHash)).toBe(true);
    expect(await migrate()).toMatch(/schema: up to date/);
  });

  it('is told when the administrator that is named is a customer already, and what to do', async () => {
    await empty();
    const customer = { email: 'boss@example.com', name: 'Boss', role: 'user', passwordHash: 'none' } as const;
    await orm.em.fork().insert(User, customer);
    const output = await migrate(admin);
    expect(output).toMatch(/ADMIN_EMAIL is the address of an account that is no administrator: set it to one/);
    expect(output).not.toMatch(/^ +at /m);
    expect(await users()).toMatchObject([{ role: 'user' }]);
    await empty();
  });

  it('gets one administrator from several who migrate at once', async () => {
    await empty();
    const config = readConfig({ ...given, ...admin });
    await Promise.all([1, 2, 3].map(() => seedAdministrator(orm.em.fork(), config)));
    expect(await users()).toHaveLength(1);
  });
});

describe('production on a database that the demo was once put into', () => {
  const start = async (main: string) =>
    ended(startProcess(main, [], { ...given, ...admin, PORT: String(await freePort()) }));

  it.each(['src/api/main.ts', 'src/workers/main.ts'])(
    'does not start %s, whatever the accounts are called',
    async (main) => {
      await empty();
      await seedDemo(orm.em.fork(), readConfig({ ...given, NODE_ENV: 'development' }));
      expect(await start(main)).toMatch(/demo's password.*user 1 and user 2.*ADMIN_PASSWORD/s);
      const passwordHash = await openPasswords().hash('nobody knows this');
      await orm.em.fork().nativeUpdate(User, { id: 1 }, { passwordHash });
      await orm.em.fork().nativeUpdate(User, { id: 2 }, { email: 'boss@example.com' });
      const output = await start(main);
      expect(output).toMatch(/demo's password.*of user 2:/s);
      expect(output).not.toContain('orderflow-admin');
      await empty();
    },
  );
});

describe('the demo data', () => {
  it('comes once, into an empty database, customer first', async () => {
    const config = readConfig({ ...given, NODE_ENV: 'development' });
    await orm.em.fork().insert(User, { email: 'boss@example.com', name: 'Boss', role: 'admin', passwordHash: 'none' });
    await seedDemo(orm.em.fork(), config);
    expect(await users()).toHaveLength(1);
    await empty();
    await seedDemo(orm.em.fork(), config);
    await seedDemo(orm.em.fork(), config);
    expect((await users()).map(({ id, email, role }) => [id, email, role])).toEqual([
      [1, 'demo@example.com', 'user'],
      [2, 'admin@example.com', 'admin'],
    ]);
  });

  it('has the administrator that is named, who logs in however the address is written', async () => {
    await empty();
    await seedDemo(orm.em.fork(), readConfig({ ...given, NODE_ENV: 'development', ADMIN_EMAIL: ' Boss@Example.com ' }));
    expect((await users()).map(({ email }) => email)).toEqual(['demo@example.com', 'boss@example.com']);
  });

  it('is not made with one address for two, and says which variable to set', async () => {
    await empty();
    const env = { NODE_ENV: 'development', ADMIN_EMAIL: 'Demo@Example.com' };
    const output = await migrate(env, '--demo');
    expect(output).toMatch(
      /ADMIN_EMAIL is demo@example.com, the address of the demo's customer: set it to another one/,
    );
    expect(output).not.toMatch(/^ +at /m);
    expect(await users()).toEqual([]);
  });

  it('names the address that the administrator was to get where none is set', async () => {
    await empty();
    const customer = { email: 'admin@example.com', name: 'Ada', role: 'user', passwordHash: 'none' } as const;
    await orm.em.fork().insert(User, customer);
    const output = await migrate({ NODE_ENV: 'development' });
    expect(output).toMatch(/ADMIN_EMAIL is not set, and admin@example.com is the address of an account that is no/);
    await empty();
  });

  it('is dated in UTC, whatever the time zone of the server', async () => {
    const server = await startMysql('orderflow_test_east', ['--default-time-zone=+05:00']);
    onTestFinished(() => server.stop());
    const east = await createDatabase(readConfig({ ...given, ...server.env, NODE_ENV: 'development' }));
    onTestFinished(() => east.close(true));
    for (const table of ['users', 'products'])
      expect(await east.em.fork().execute(`select id from ${table} where created_at > utc_timestamp(3)`)).toEqual([]);
  });
});
