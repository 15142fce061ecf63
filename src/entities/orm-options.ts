import { AlertCursor, AlertFiring, JudgedSymbol, PriceAlert } from './alerts.entity.ts';
import { AuditEntry, BudgetMinute, DeadLetter, IdempotencyKey, QueueMinute, Setting } from './ops.entity.ts';
import { Dispute, GatewayCall, Payment, Refund } from './payments.entity.ts';
import { EventLog, EventLogEnd, EventVersion, OutboxMessage } from './outbox.entity.ts';
import * as marketTables from './market.entity.ts';
import { OrderHistory, OrderLine, Order } from './orders.entity.ts';
import { SocketLease, TickMinute, TickSecond, TickSpan } from './ticks.entity.ts';
import { Product } from './catalog.entity.ts';
import { ApiKey, RecoveryCode, SecondFactor, Token, User, Verification } from './accounts.entity.ts';
import { WebhookCursor, WebhookDelivery, WebhookEndpoint } from './webhooks.entity.ts';
import { defineConfig } from '@mikro-orm/mysql';
import { isIP } from 'node:net';
import type { Config } from '../config.ts';
import { driverFor } from '../mysql/driver.ts';
import { Migrator } from '../mysql/migrator.ts';
import type { Wanted } from '../mysql/servers.ts';

/** Every table of the platform. */
export const allEntities = [
  User,
  Token,
  ApiKey,
  Verification,
  SecondFactor,
  RecoveryCode,
  Product,
  Order,
  OrderLine,
  OrderHistory,
  Payment,
  // In an order that does not depend on who loads the file.
  ...Object.values(marketTables).toSorted((a, b) => (a.meta.className < b.meta.className ? -1 : 1)),
  OutboxMessage,
  EventVersion,
  EventLog,
  EventLogEnd,
  Refund,
  Dispute,
  GatewayCall,
  Setting,
  IdempotencyKey,
  DeadLetter,
  AuditEntry,
  QueueMinute,
  BudgetMinute,
  WebhookEndpoint,
  WebhookDelivery,
  WebhookCursor,
  PriceAlert,
  AlertFiring,
  AlertCursor,
  JudgedSymbol,
  TickSecond,
  TickMinute,
  TickSpan,
  SocketLease,
];

// Longer than a transaction may take, so that none is cut off whose process is alive.
const longestSilenceSeconds = 10;
// Looked at once a second: whoever takes a connection out of the pool finds it seconds before the server would close it.
const longestIdleMs = 5_000;
const mostConnections = 20;

/**
 * How every session begins. READ COMMITTED, so that a sweep of the outbox never makes an insert wait; nobody waits for a
 * lock longer than a client waits for an answer; and a process that is frozen, or cut off, in the middle of a transaction
 * does not hold its locks until it comes back: the server ends a session that has been silent, and undoes what it began. In UTC,
 * because what columns are given by the server itself is told as that.
 */
const session = [
  'set session transaction isolation level read committed',
  `set session innodb_lock_wait_timeout = 5, wait_timeout = ${longestSilenceSeconds}, time_zone = '+00:00'`,
];

/** MikroORM as every process and its command line see it, on the server that takes writes. Sessions are UTC and `utf8mb4_bin`. */
export function ormOptions(config: Config, wanted: Wanted = { hosts: config.mysqlHosts }) {
  return defineConfig({
    entities: allEntities,
    driver: driverFor(wanted),
    // What is said of the server when none answers.
    ...wanted.hosts[0],
    user: config.MYSQL_USER,
    password: config.MYSQL_PASSWORD,
    dbName: config.MYSQL_DB,
    charset: 'utf8mb4',
    // Without it 'AAPL' and 'aapl' would be one key, and servers would differ.
    collate: 'utf8mb4_bin',
    timezone: '+00:00',
    pool: { min: 0, max: mostConnections, idleTimeoutMillis: longestIdleMs },
    driverOptions: {
      connectTimeout: 2_000,
      enableKeepAlive: true,
      // Told nothing, mysql2 would close every second whatever is not in use; and it would hang up without a word.
      maxIdle: mostConnections - 1,
      gracefulEnd: true,
      // Every statement comes with its values written in. Told nothing, mysql2 looks for placeholders through all of it.
      queryFormat: (sql: string) => sql,
      // Statements are sent as text; for those that are prepared a connection would set half a megabyte aside.
      maxPreparedStatements: 1,
      // Several may travel together; a text that is several without saying so is refused before it is sent.
      multipleStatements: true,
      // A certificate is made for a name; servers that are called by their addresses have none that could be compared.
      ...(config.MYSQL_SSL_CA && {
        ssl: { ca: config.MYSQL_SSL_CA, verifyIdentity: wanted.hosts.every(({ host }) => !isIP(host)) },
      }),
    },
    onCreateConnection: beginSession,
    ...(config.SCHEMA_FOREIGN_KEYS === 'off' && { onQuery: withoutForeignKeys }),
    extensions: [Migrator],
    migrations: {
      path: `${import.meta.dirname}/../../migrations`,
      snapshotName: '.snapshot',
      // Only who writes a migration writes the snapshot: what a server says of itself differs from server to server.
      snapshotOnMigrate: false,
      emit: 'ts',
      silent: true,
    },
    debug: false,
  });
}

/** The statements of migrations, but for those about foreign keys: some engines have none. */
function withoutForeignKeys(sql: string): string {
  return /^alter table `\w+` (add constraint `\w+` foreign key|drop foreign key) /i.test(sql) ? 'select 1' : sql;
}

type Session = Readonly<{
  executeQuery(query: Readonly<{ sql: string; parameters: readonly unknown[] }>): Promise<unknown>;
}>;

async function beginSession(connection: unknown): Promise<void> {
  if (!isSession(connection)) throw new TypeError('a new connection of MikroORM cannot be spoken to');
  for (const sql of session) await connection.executeQuery({ sql, parameters: [] });
}

function isSession(value: unknown): value is Session {
  return typeof value === 'object' && value !== null && 'executeQuery' in value;
}
