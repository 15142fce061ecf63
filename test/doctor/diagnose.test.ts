import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { readConfig } from '../../src/config.ts';
import { type Context, openContext } from '../../src/context.ts';
import { diagnose, redisOfDoctor } from '../../src/doctor/diagnose.ts';
import { checkSettings, isInside } from '../../src/doctor/settings.ts';
import { checkClocks } from '../../src/doctor/work.ts';
import { freePort, startProcess, until } from '../support/processes/process.ts';
import { type Platform, startPlatform } from '../support/processes/platform.ts';

const webhookSecret = 'whsec_of_the_doctor_test';
let platform: Platform;
let env: Record<string, string>;
/** What only the owner of the MySQL may do. */
let own: (sql: string) => Promise<void>;
let closeOwn: () => Promise<void>;
beforeAll(async () => {
  platform = await startPlatform({ ownRedis: true, ownMysql: true, env: { STRIPE_WEBHOOK_SECRET: webhookSecret } });
  env = { ...platform.env, PUBLIC_URL: platform.url };
  const rows: unknown = await platform.orm.em.fork().execute('select @@datadir as place');
  const [{ place }] = z.tuple([z.object({ place: z.string() })]).parse(rows);
  const root = await createConnection({ socketPath: join(place, 's'), user: 'root', database: env['MYSQL_DB'] ?? '' });
  own = async (sql) => void (await root.query(`/* of the test */ ${sql}`));
  closeOwn = async () => root.end();
});
afterAll(async () => {
  await closeOwn();
  await platform.stop();
});

/** The ids of what is found wrong, by a process with this environment and clock. */
async function found(changes: Readonly<Record<string, string>> = {}, aheadMs = 0): Promise<readonly string[]> {
  const config = readConfig({ ...env, ...changes, LOG_LEVEL: 'silent' });
  const context = await openContext(config, 'doctor', redisOfDoctor(config));
  const ctx: Context = { ...context, now: () => new Date(context.now().getTime() + aheadMs) };
  try {
    return (await diagnose(ctx)).flatMap(({ findings }) => findings.map(({ id }) => id));
  } finally {
    await context.close();
  }
}

type Plant = () => Promise<() => Promise<unknown>>;
const global =
  (name: string, wrong: string | number, right: string | number): Plant =>
  async () => {
    await own(`set global ${name} = ${wrong}`);
    return () => own(`set global ${name} = ${right}`);
  };
const redisConfig =
  (name: string, wrong: string, right: string): Plant =>
  async () => {
    await platform.redis.config('SET', name, wrong);
    return () => platform.redis.config('SET', name, right);
  };

/** A fault, made at the servers, and how it is mended again. */
const faults: Readonly<Record<string, Plant>> = {
  redis_eviction: redisConfig('maxmemory-policy', 'allkeys-lru', 'noeviction'),
  redis_memory: redisConfig('maxmemory', '2mb', '0'),
  redis_persistence: async () => {
    // The snapshots that Redis makes unless told otherwise are off as well.
    await platform.redis.config('SET', 'save', '');
    return redisConfig('appendonly', 'no', 'yes')();
  },
  redis_replica: async () => {
    await platform.redis.config('SET', 'replica-serve-stale-data', 'yes');
    await platform.redis.replicaof('127.0.0.1', await freePort());
    return () => platform.redis.replicaof('NO', 'ONE');
  },
  mysql_flush: global('innodb_flush_log_at_trx_commit', 2, 1),
  mysql_read_only: global('read_only', 1, 0),
  mysql_isolation: async () => {
    await own('set global transaction isolation level serializable');
    return () => own('set global transaction isolation level read committed');
  },
  mysql_strict: global('sql_mode', "''", "'ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES'"),
  mysql_connections: global('max_connections', 30, 400),
  mysql_packet: global('max_allowed_packet', 1_048_576, 67_108_864),
  mysql_collation: async () => {
    await own('alter table products convert to character set utf8mb4 collate utf8mb4_general_ci');
    return () => own('alter table products convert to character set utf8mb4 collate utf8mb4_bin');
  },
  schema_behind: async () => {
    const last = (await platform.orm.migrator.getExecuted()).at(-1)?.name ?? '';
    await platform.orm.migrator.unlogMigration(last);
    return () => platform.orm.migrator.logMigration(last);
  },
  stuck_lease: async () => {
    // A kind that nobody knows is nobody's to send.
    await own(`insert into outbox_messages (id, name, body, created_at, lease_until)
      values (uuid(), 'no-such-kind', '{}', utc_timestamp(3) - interval 1 hour, utc_timestamp(3) - interval 1 hour)`);
    // Sweeps hold its lease for seconds at a time; here none is made.
    for (const worker of platform.workers) process.kill(worker.pid, 'SIGSTOP');
    await own('update outbox_messages set lease_until = utc_timestamp(3) - interval 1 hour');
    return async () => {
      await own('delete from outbox_messages');
      for (const worker of platform.workers) process.kill(worker.pid, 'SIGCONT');
    };
  },
  stuck_lock: async () => {
    await platform.redis.set('orderflow:scheduling', 'nobody');
    return () => platform.redis.del('orderflow:scheduling');
  },
};

test('nothing is wrong with a deployment in good order', async () => {
  expect(await found()).toEqual([]);
});

test('nothing is wrong with a server that keeps the isolation it came with', async () => {
  await own('set global transaction isolation level repeatable read');
  expect(await found()).toEqual([]);
  await own('set global transaction isolation level read committed');
});

test.each(Object.keys(faults))('%s is found, and it alone', async (id) => {
  const mend = await faults[id]?.();
  const wrong = await until('something is found', async () => {
    const some = await found();
    return some.length > 0 ? some : undefined;
  }).finally(() => mend?.());
  expect(wrong).toEqual([id]);
  expect(await found()).toEqual([]);
});

test('a login that may not do enough is found: in MySQL, and in Redis', async () => {
  await own(`create user 'reader'@'127.0.0.1' identified by 'reader-of-the-test'`);
  await own(`grant select, insert, update on orderflow_test.* to 'reader'@'127.0.0.1'`);
  expect(await found({ MYSQL_USER: 'reader', MYSQL_PASSWORD: 'reader-of-the-test' })).toEqual(['mysql_rights']);
  await platform.redis.call('ACL', 'SETUSER', 'default', '-eval');
  expect(await found()).toEqual(['redis_rights']);
  await platform.redis.call('ACL', 'SETUSER', 'default', '+@all');
  expect(await found()).toEqual([]);
});

test('a login that a server does not know is told from a server that is silent', async () => {
  expect(await found({ MYSQL_PASSWORD: 'another' })).toEqual(['mysql_refused']);
  expect(await found({ REDIS_USER: 'nobody', REDIS_PASSWORD: 'another' })).toEqual(['redis_refused']);
  const { output } = await run({ MYSQL_PASSWORD: 'another', REDIS_USER: 'nobody', REDIS_PASSWORD: 'another' });
  expect(output).toMatch(
    /does not let the user .* in .*\[mysql_refused\]\n {3}Correct MYSQL_USER and MYSQL_PASSWORD\./,
  );
  expect(output).toMatch(/does not let this login in .*\[redis_refused\]\n {3}Correct REDIS_USER and REDIS_PASSWORD\./);
});

test('a server of MySQL that is away is found although others answer', async () => {
  const dead = `127.0.0.1:${await freePort()}`;
  expect(await found({ MYSQL_HOST: `127.0.0.1:${env['MYSQL_PORT']},${dead}` })).toEqual(['mysql_member']);
  expect(await found({ MYSQL_READ_HOST: dead })).toEqual(['mysql_member']);
});

test('a clock that is wrong is found, by each server that disagrees', async () => {
  expect(await found({}, 5_000)).toEqual(['clock_skew', 'clock_skew']);
  expect(await found({}, -5_000)).toEqual(['clock_skew', 'clock_skew']);
});

test('no clock is wrong because somebody stood still in a look at it, and a wrong one is found all the same', async () => {
  const look = async (aheadMs: number) => {
    let reads = 0;
    // Of two clocks, with two reads for each look at either: the first of each comes back only after four seconds.
    const stoodStillMs = () => (reads++ % 4 === 1 ? 4_000 : 0);
    const now = () => new Date(Date.now() + aheadMs + stoodStillMs());
    return (await checkClocks({ orm: platform.orm, redis: platform.redis, now })).map(({ id }) => id);
  };
  await until('nothing is found', async () => ((await look(0)).length === 0 ? true : undefined));
  expect(await look(-5_000)).toEqual(['clock_skew', 'clock_skew']);
});

test('variables that do not mean what somebody meant are found', async () => {
  const key = (mode: string) => ({ STRIPE_SECRET_KEY: `sk_${mode}_of_the_doctor` });
  expect(await found(key('live'))).toEqual(['gateway_key_mode']);
  expect(await found({ PAYMENTS_PER_SECOND: '26' })).toEqual(['gateway_pace']);
  expect(await found({ STRIPE_WEBHOOK_SECRET: 'whsec_another' })).toEqual(['webhook']);
  expect(await found({ PUBLIC_URL: `http://127.0.0.1:${await freePort()}` })).toEqual(['webhook']);
  expect(await found({ FINNHUB_PER_SECOND: '31' })).toEqual(['plan_limits']);
  expect(await found({ PAYMENTS_SHARDS: '3' })).toEqual(['shards_on_one_server']);
  const shop = { PUBLIC_URL: 'https://127.0.0.1', STRIPE_WEBHOOK_SECRET: '' };
  expect(await found(shop)).toEqual(['no_trusted_proxies']);
  const production = { ...key('test'), ...shop, NODE_ENV: 'production', TRUSTED_PROXIES: '10.0.0.1' };
  expect(await found({ ...production, STRIPE_WEBHOOK_SECRET: webhookSecret })).toEqual(['gateway_key_mode', 'webhook']);
  expect(['10.1.2.3', '127.0.0.1', '[::1]', 'redis', 'redis.shop.svc'].filter((host) => !isInside(host))).toEqual([]);
  expect(['8.8.8.8', 'shop.example', '[2001:db8::1]'].filter(isInside)).toEqual([]);
});

test('what travels to servers of other networks without TLS is found, in production', () => {
  const away = { MYSQL_HOST: 'db.shop.example', REDIS_HOST: '203.0.113.7', NODE_ENV: 'production' };
  const plain = (changes: Readonly<Record<string, string>>) =>
    checkSettings(readConfig({ ...env, STRIPE_WEBHOOK_SECRET: webhookSecret, ...changes }))
      .map(({ id }) => id)
      .filter((id) => id.endsWith('_plain'));
  expect(plain(away)).toEqual(['mysql_plain', 'redis_plain']);
  expect(plain({ ...away, NODE_ENV: 'development' })).toEqual([]);
  expect(plain({ ...away, MYSQL_SSL_CA: import.meta.filename, REDIS_TLS: 'true' })).toEqual([]);
  expect(plain({ NODE_ENV: 'production', MYSQL_READ_HOST: 'db.local,db.shop.example' })).toEqual(['mysql_plain']);
  const inside = { MYSQL_HOST: 'mysql.internal', REDIS_CLUSTER: '10.0.0.1,10.0.0.2' };
  expect(plain({ NODE_ENV: 'production', ...inside })).toEqual([]);
});

test('a watchlist that does not fit the plan any more is found', async () => {
  const [symbol, version] = [
    `('AAPL', 'stock', 1, 1, utc_timestamp(3))`,
    `('watchlist.version', 'x', utc_timestamp(3))`,
  ];
  await own(`insert ignore into settings (name, value, changed_at) values ${version}`);
  await own(`replace into watched_symbols (symbol, kind, every_seconds, added_by, created_at) values ${symbol}`);
  expect(await found({ FINNHUB_PER_MINUTE: '30' })).toEqual(['watchlist_over_plan']);
  await own(`delete from watched_symbols`);
  expect(await found()).toEqual([]);
});

/** What the command writes, and how it ends. */
async function run(changes: Readonly<Record<string, string>> = {}) {
  const command = startProcess('src/commands/doctor.ts', [], { ...env, ...changes });
  return { code: await command.ended, output: command.output() };
}

test('the command names each fault with its remedy, and ends with 0 or 1', async () => {
  expect(await run()).toEqual({ code: 0, output: expect.stringMatching(/^ok MySQL\n[^]*\nNothing is wrong\.\n$/) });
  const away = await run({ REDIS_PORT: String(await freePort()), FINNHUB_PER_SECOND: '31' });
  expect(away.code).toBe(1);
  for (const said of ['[redis_away]', '[plan_limits]', 'workers: not examined', '2 things are wrong.'])
    expect(away.output).toContain(said);
  expect(await run({ PAYMENT_GATEWAY: 'stripe', STRIPE_SECRET_KEY: '' })).toMatchObject({
    code: 1,
    output: expect.stringContaining('STRIPE_SECRET_KEY'),
  });
});

test('a queue that nobody works is found', async () => {
  await Promise.all(platform.workers.map((worker) => worker.signal('SIGKILL')));
  await platform.startWorker('payments', 'upkeep');
  expect(await until('they have gone', async () => ((await found()).length === 1 ? found() : undefined))).toEqual([
    'no_worker',
  ]);
});
