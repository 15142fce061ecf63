import { AuditEntry, DeadLetter, IdempotencyKey, Setting } from './ops.entity.ts';
import { Dispute, GatewayCall, Payment, Refund } from './payments.entity.ts';
import { EventLog, EventVersion, OutboxMessage } from './outbox.entity.ts';
import {
  CompanyProfile,
  CryptoData,
  ForexRate,
  MarketNews,
  NewsCoverage,
  StockQuote,
  WatchedSymbol,
} from './market.entity.ts';
import { OrderHistory, OrderLine, Order } from './orders.entity.ts';
import { Product } from './catalog.entity.ts';
import { Token, User } from './accounts.entity.ts';
import { Migrator } from '@mikro-orm/migrations';
import { defineConfig } from '@mikro-orm/mysql';
import type { Config } from '../config.ts';

/** Every table of the platform. */
export const allEntities = [
  User,
  Token,
  Product,
  Order,
  OrderLine,
  OrderHistory,
  Payment,
  StockQuote,
  CompanyProfile,
  MarketNews,
  NewsCoverage,
  ForexRate,
  CryptoData,
  WatchedSymbol,
  OutboxMessage,
  EventVersion,
  EventLog,
  Refund,
  Dispute,
  GatewayCall,
  Setting,
  IdempotencyKey,
  DeadLetter,
  AuditEntry,
];

/** MikroORM as every process and its command line see it. Sessions are UTC, `utf8mb4_bin`, READ COMMITTED by transaction. */
export function ormOptions(config: Config) {
  return defineConfig({
    entities: allEntities,
    host: config.MYSQL_HOST,
    port: config.MYSQL_PORT,
    user: config.MYSQL_USER,
    password: config.MYSQL_PASSWORD,
    dbName: config.MYSQL_DB,
    charset: 'utf8mb4',
    // Without it 'AAPL' and 'aapl' would be one key, and servers would differ.
    collate: 'utf8mb4_bin',
    timezone: '+00:00',
    pool: { min: 0, max: 20 },
    driverOptions: { connectTimeout: 2_000, enableKeepAlive: true },
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
