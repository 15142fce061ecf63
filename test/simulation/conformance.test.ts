import { execFile } from 'node:child_process';
import { hash } from 'node:crypto';
import { promisify } from 'node:util';
import { MikroORM } from '@mikro-orm/mysql';
import { Redis } from 'ioredis';
import { type Connection, createConnection } from 'mysql2/promise';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { type Config, readConfig } from '../../src/config.ts';
import { ormOptions } from '../../src/entities/orm-options.ts';
import { until } from '../support/processes/process.ts';
import { ownData } from '../support/stores/servers.ts';

const Row = z.record(z.string(), z.union([z.string(), z.number(), z.null()]));
const Said = z.union([
  z.literal('waits'),
  z.array(Row),
  z.object({ affectedRows: z.number(), insertId: z.number() }),
  z.object({ errno: z.number() }),
]);
const Recorded = z.array(
  z.union([
    z.object({ mysql: z.object({ connection: z.number(), sql: z.string(), nowMs: z.number(), said: Said }) }),
    z.object({ redis: z.object({ nowMs: z.number(), words: z.array(z.string()), reply: z.json() }) }),
  ]),
);
const Line = z.object({ scenario: z.string(), said: Recorded });
// One in which statements wait for each other.
const seed = '5';
type Asked = Extract<z.output<typeof Recorded>[number], { mysql: unknown }>['mysql'];

let config: Config;
let orm: MikroORM;
let redis: Redis;
let recorded: Awaited<ReturnType<typeof record>>;
beforeAll(async () => {
  recorded = await record();
  config = readConfig(await ownData());
  orm = await MikroORM.init(ormOptions(config));
  await orm.schema.ensureDatabase();
  await orm.migrator.up();
  redis = new Redis({ host: config.REDIS_HOST ?? '', port: config.REDIS_PORT, db: config.REDIS_DB });
});
afterAll(async () => {
  await orm.schema.dropDatabase();
  await orm.close(true);
  redis.disconnect();
});

test.each(['outbox', 'orders', 'budget', 'webhooks'])(
  'MySQL and Redis say what their doubles say: %s',
  async (scenario) => {
    const said = recorded.get(scenario) ?? [];
    expect(said.length).toBeGreaterThan(30);
    await empty();
    const server = new Server(config, orm);
    const scripts = new Map<string, string>();
    try {
      for (const one of said) {
        if ('mysql' in one) await server.compare(one.mysql);
        else await compareReply(one.redis, scripts);
      }
    } finally {
      await server.close();
    }
  },
);

test('what is compared has waits for locks, and keys that are taken', () => {
  const said = [...recorded.values()].flat().flatMap((one) => ('mysql' in one ? [one.mysql.said] : []));
  expect(said).toContain('waits');
  expect(said).toContainEqual({ errno: 1062 });
});

/** What the doubles said, in a history of each scenario without faults. */
async function record(): Promise<ReadonlyMap<string, z.output<typeof Recorded>>> {
  const args = ['test/simulation/main.ts', '--record', '--seed', seed];
  const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 2 ** 28 });
  const lines = stdout.trim().split('\n');
  return new Map(lines.map((line) => Line.parse(JSON.parse(line))).map(({ scenario, said }) => [scenario, said]));
}

async function empty(): Promise<void> {
  const em = orm.em.fork();
  const tables = await em.execute<{ name: string }[]>(
    `/* of the test */ select table_name as name from information_schema.tables
     where table_schema = database() and table_name not in ('mikro_orm_migrations', 'migration_steps')`,
  );
  await em.transactional(async (tx) => {
    await tx.execute('/* of the test */ set foreign_key_checks = 0');
    for (const { name } of tables) await tx.execute(`/* of the test */ truncate table \`${name}\``);
    await tx.execute('/* of the test */ set foreign_key_checks = 1');
  });
  await redis.flushdb();
}

/** The real MySQL, on as many connections as the double had, in the double's time. */
class Server {
  readonly #config: Config;
  readonly #orm: MikroORM;
  readonly #connections = new Map<number, Connection>();
  readonly #waiting = new Map<number, Promise<unknown>>();
  /** What has been answered, and waits for its double to be. */
  readonly #early = new Map<number, string>();

  constructor(ofTest: Config, own: MikroORM) {
    this.#config = ofTest;
    this.#orm = own;
  }

  async compare({ connection: id, sql, nowMs, said }: Asked): Promise<void> {
    const connection = this.#connections.get(id) ?? (await this.#open(id));
    let answer = this.#waiting.get(id);
    if (!answer) {
      // Whatever had waited goes on before anybody says more: what is answered by now did not wait as its double does.
      same([...this.#early.values()], []);
      await connection.query(`/* of the test */ set timestamp = ${nowMs / 1_000}`);
      answer = connection.query(sql).then(([found]) => found, errorOf);
      if (said === 'waits') {
        this.#mindWaits(id, answer, sql);
        await this.#arrives(connection);
      }
    }
    if (said !== 'waits') {
      this.#waiting.delete(id);
      same({ sql, said: plain(sql, await answer) }, { sql, said: plain(sql, said) });
      this.#early.delete(id);
    }
  }

  /** What is under way is cut off: it may wait for ever. */
  async close(): Promise<void> {
    for (const connection of this.#connections.values()) {
      await this.#orm.em.fork().execute(`/* of the test */ kill ${connection.threadId}`, [], 'run');
      connection.destroy();
    }
  }

  async #open(id: number): Promise<Connection> {
    const { MYSQL_USER: user, MYSQL_PASSWORD: password, MYSQL_DB: database, mysqlHosts } = this.#config;
    const options = { timezone: 'Z', dateStrings: true, supportBigNumbers: true, charset: 'utf8mb4_bin' } as const;
    const connection = await createConnection({ ...mysqlHosts[0], user, password, database, ...options });
    await connection.query('/* of the test */ set session transaction isolation level read committed');
    this.#connections.set(id, connection);
    return connection;
  }

  /** Waits until the statement has reached the server. */
  async #arrives({ threadId }: Connection): Promise<void> {
    const look = `/* of the test */ select count(*) as count from information_schema.processlist
      where id = ${threadId} and command = 'Query'`;
    await until('a statement that waits', async () => {
      if (this.#early.size > 0) return true;
      const [row] = await this.#orm.em.fork().execute<{ count: number }[]>(look);
      return Number(row?.count) === 1 ? true : undefined;
    });
  }

  /** What waits has no answer before its double has one. */
  #mindWaits(id: number, answer: Promise<unknown>, sql: string): void {
    this.#waiting.set(id, answer);
    void answer.then(() => this.#waiting.get(id) === answer && this.#early.set(id, sql));
  }
}

function same(actual: unknown, expected: unknown): void {
  expect(actual).toEqual(expected);
}

function errorOf(error: unknown): unknown {
  return error instanceof Error && 'errno' in error ? { errno: error.errno } : error;
}

// MariaDB says of a lock that it did not wait for what it says of one that it waited for in vain.
const lockedNow = 3_572;

/** What counts of an answer: rows in an order of their own where none was asked for, and no more of a count than it tells. */
function plain(sql: string, answer: unknown): unknown {
  const said = Said.parse(answer);
  if (said === 'waits') return said;
  if ('errno' in said) return said.errno === lockedNow ? { errno: 1205 } : said;
  // Of an id that was counted, only one that a statement asks for is read.
  if (!Array.isArray(said)) return /last_insert_id/.test(sql) ? said : said.affectedRows;
  const rows = said.map((row) =>
    JSON.stringify(Object.entries(row).toSorted(([one], [other]) => (one < other ? -1 : 1))),
  );
  return /\border by\b/.test(sql) ? rows : rows.toSorted();
}

type Replied = Extract<z.output<typeof Recorded>[number], { redis: unknown }>['redis'];

/** Asks the real Redis the same; scripts that ask for the time get the double's. */
async function compareReply({ nowMs, words, reply }: Replied, scripts: Map<string, string>): Promise<void> {
  const [name = '', first = '', ...rest] = words;
  if (name === 'eval') scripts.set(hash('sha1', first), first);
  // Whether it knows a script is the server's own affair.
  if (name === 'evalsha' && JSON.stringify(reply).includes('NOSCRIPT')) return;
  const text = name === 'eval' ? first : scripts.get(first);
  const time = `{'${Math.floor(nowMs / 1_000)}', '${(nowMs % 1_000) * 1_000}'}`;
  const answer = await (text === undefined
    ? redis.call(name, first, ...rest)
    : redis.call('eval', text.replaceAll(`redis.call('TIME')`, time), ...rest));
  if (name !== 'del') expect({ words, reply: withoutWaits(answer) }).toEqual({ words, reply: withoutWaits(reply) });
}

/** How long to wait depends on lives of keys, which go on in real time. */
function withoutWaits(reply: unknown): unknown {
  return Array.isArray(reply) && reply[0] === 'wait' ? [reply[0], '', reply[2]] : reply;
}
