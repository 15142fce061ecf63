import { readFrom } from './mysql/reading.ts';
import { type EntityManager, MikroORM } from '@mikro-orm/mysql';
import type { Redis } from './redis/client.ts';
import { type Accounts, openAccounts } from './accounts/accounts.ts';
import { type Catalog, openCatalog } from './catalog/catalog.ts';
import { type Config, secretsOf } from './config.ts';
import { ormOptions } from './entities/orm-options.ts';
import { tellOnce } from './gateways/http/lenient.ts';
import { type CallEndpoint, openEndpoints } from './gateways/webhooks/call-endpoint.ts';
import { openProducer, type Producer } from './jobs/enqueue.ts';
import { type Definitions, loadDefinitions } from './jobs/load-definitions.ts';
import { finnhub, type Lane } from './jobs/queues.ts';
import { type Market, type MarketParts, openMarket } from './market/market.ts';
import { type LiveTicks, openLiveTicks } from './market/ticks/live.ts';
import { endOfLog } from './outbox/event-log.ts';
import { openRelay, type Relay } from './outbox/relay.ts';
import { openTransaction, type Transaction } from './outbox/transaction.ts';
import { openPayments, type Payments } from './payments/payments.ts';
import { type Log, openLog } from './process/log.ts';
import { impatientRedis, openFollower, openRedis } from './redis/connection.ts';
import { openTails, type Tails } from './streams/tail.ts';
import { openTraces, type Traces } from './telemetry/traces.ts';

/** The jobs of a process: what is defined, and how one is asked for, found and run. */
export type Jobs = Producer &
  Readonly<{
    definitions: Definitions<JobContext>;
    /** What carries traces through BullMQ, where there is a collector. */
    telemetry: Traces['telemetry'];
    /** The context of one job, with an entity manager of its own; its calls to Finnhub are made in this lane. */
    fork(lane?: Lane, log?: Log): JobContext;
  }>;

/** What every job may use; a job names what it needs in its parameter. */
export type JobContext = Readonly<{
  /** A fork of its own for reading. */
  em: EntityManager;
  transaction: Transaction;
  jobs: Jobs;
  payments: Payments;
  market: Market;
  catalog: Catalog;
  accounts: Accounts;
  /** How events leave MySQL, how they are followed, and how endpoints of others are told them; and ticks, which are no events. */
  events: Readonly<{ relay: Relay; tails: Tails; callEndpoint: CallEndpoint; ticks: LiveTicks }>;
  now: () => Date;
  log: Log;
}>;

/** All that a process has open. */
export type Context = Omit<JobContext, 'em' | 'accounts'> &
  Readonly<{
    config: Config;
    orm: MikroORM;
    redis: Redis;
    close(): Promise<void>;
  }>;

/**
 * Opens every connection of a process; `asking` is the one by which Redis is asked. It succeeds while Redis is away; MySQL is
 * connected to on first use.
 */
export async function openContext(config: Config, role: string, asking = impatientRedis(config)): Promise<Context> {
  const log = openLog(role, config.LOG_LEVEL, secretsOf(config));
  const { telemetry, close: closeTraces } = await openTraces(config.tracesUrl, role);
  const now = () => new Date();
  const definitions = await loadDefinitions<JobContext>();
  const orm = await MikroORM.init(ormOptions(config));
  const replica = await openReplica(config);
  if (replica) readFrom(orm, replica);
  const redis = openRedis(asking, log);
  const producer = openProducer(asking, { telemetry, ...sharingOf(config) });
  const relay = openRelay({ orm, redis, producer, definitions, log, now });
  const transaction = openTransaction(orm, relay, now);
  const tails = openTails(redis, (name) => openFollower(config, name), endOfLog(orm));
  const tell = tellOnce(log);
  const market = openCountedMarket({ config, redis, orm, transaction, now, tell }, producer);
  const rooms = {
    payments: await openPayments({ config, redis, orm, transaction, now }),
    market,
    catalog: openCatalog(config, redis, tell),
  };
  const accounts = openAccounts(config);
  const ticks = openLiveTicks(redis, now);
  const events = { relay, tails, callEndpoint: openEndpoints(config.webhookHosts), ticks };
  const fork: Jobs['fork'] = (lane = 'logged_in', ofJob = log) =>
    withReader(orm, { ...rooms, accounts, events, transaction, jobs, now, log: ofJob, market: market.inLane(lane) });
  const jobs: Jobs = { ...producer, definitions, telemetry, fork };
  return {
    ...rooms,
    config,
    log,
    now,
    orm,
    redis,
    transaction,
    jobs,
    events,
    async close() {
      tails.close();
      await relay.idle();
      await producer.close();
      redis.disconnect();
      await Promise.all([orm.close(true), replica?.close(true)]);
      await closeTraces();
    },
  };
}

/** Opens the market, each call of which is counted for whose turn is next. */
function openCountedMarket(parts: MarketParts, { laneShares }: Producer): Market {
  const market = openMarket(parts);
  const note = async (lane: Lane) => laneShares.get(finnhub.name)?.noteCall(lane);
  // Without Redis no call is made that could be missed.
  market.onCall((lane) => void note(lane).catch(() => {}));
  return market;
}

/** How the queue of the payments is divided, and among whom. */
function sharingOf({ TENANT_WEIGHTS: weights, PAYMENTS_SHARDS: shards, JOBS_PER_TENANT: jobsPerTenant }: Config) {
  return { weights, shards, jobsPerTenant };
}

/** Most jobs read nothing by an entity manager, and one costs more than all else that they are given. */
function withReader(orm: MikroORM, given: Omit<JobContext, 'em'>): JobContext {
  let em: EntityManager | undefined;
  return {
    ...given,
    get em() {
      return (em ??= orm.em.fork());
    },
  };
}

/** Opens MikroORM on one server, whatever others there are. */
export async function openServer(config: Config, host: Config['mysqlHosts'][number]): Promise<MikroORM> {
  return MikroORM.init(ormOptions(config, { hosts: [host] }));
}

/** What lists and histories are read by; only where replicas are named. */
async function openReplica(config: Config): Promise<MikroORM | undefined> {
  const { mysqlHosts: hosts, mysqlReadHosts: replicas } = config;
  return replicas.length === 0 ? undefined : MikroORM.init(ormOptions(config, { hosts, replicas }));
}
