import { MikroORM, type EntityManager } from '@mikro-orm/mysql';
import { Redis } from 'ioredis';
import { type Config, secretsOf } from './config.ts';
import type { JobAnswers } from './jobs/answers.ts';
import type { ApiReadiness } from './mysql/database.ts';
import { openSyncGate, type SyncGate } from './catalog/store-feed.ts';
import { openBudget } from './gateways/finnhub/budget.ts';
import { type BudgetState, readBudget } from './gateways/finnhub/budget-view.ts';
import { type Finnhub, openFinnhub } from './gateways/finnhub/finnhub.ts';
import { type TellOdd, tellOnce } from './gateways/http/lenient.ts';
import { openPlan, type Plan } from './gateways/finnhub/plan.ts';
import { openProductFeed, type ProductFeed } from './gateways/feeds/product-feed.ts';
import { openOutage, type Outage } from './gateways/http/outage.ts';
import { openPace } from './gateways/http/pace.ts';
import { openPaymentGateways, type PaymentGateways } from './gateways/payments/payment-gateway.ts';
import { openReferenceRates, type ReferenceRates } from './gateways/feeds/reference-rates.ts';
import { type Enqueue, type FindLive, openProducer, type Producer } from './jobs/enqueue.ts';
import { type Definitions, loadDefinitions } from './jobs/load-definitions.ts';
import { type Log, openLog } from './process/log.ts';
import { type Asks, openAsks } from './market/asks.ts';
import { shareForPeople, usualEverySeconds } from './market/polling.ts';
import { type Cache, openCache } from './market/cache.ts';
import { type Hours, openHours } from './market/hours.ts';
import { isForPeople, type Lane } from './jobs/queues.ts';
import { type Looks, openLooks } from './market/looks.ts';
import { openWatchlist, type Watchlist } from './market/watchlist.ts';
import { ormOptions } from './entities/orm-options.ts';
import { openRelay, type Relay } from './outbox/relay.ts';
import { impatientRedis, patientRedis } from './redis/connection.ts';
import { openTails, type Tails } from './streams/tail.ts';
import { openTraces, type Traces } from './telemetry/traces.ts';
import { openTransaction, type Transaction } from './outbox/transaction.ts';

/** What every job may use; a job names what it needs in its parameter. */
export type JobContext = Readonly<{
  /** A fork of its own for reading. */
  em: EntityManager;
  transaction: Transaction;
  /** Adds a job at once, without a transaction: for what may get lost. */
  enqueue: Enqueue;
  /** Which jobs a queue holds that have not finished. */
  findLive: FindLive;
  finnhub: Finnhub;
  referenceRates: ReferenceRates;
  gateways: PaymentGateways;
  /** The breaker of the payment gateway. */
  outage: Outage;
  /** How long an order waits for its buyer, ms. */
  expiryMs: number;
  productFeed: ProductFeed;
  syncGate: SyncGate;
  cache: Cache;
  asks: Asks;
  looks: Looks;
  /** How long a copy is fresh, ms. */
  freshMs: Readonly<Record<'quote' | 'company' | 'news' | 'forex' | 'crypto', number>>;
  /** What is polled without being asked for. */
  watchlist: Watchlist;
  /** Whether shares are traded. */
  hours: Hours;
  now: () => Date;
  log: Log;
}>;

/** All that a process has open. */
export type Context = JobContext &
  Readonly<{
    config: Config;
    producer: Producer;
    definitions: Definitions;
    orm: MikroORM;
    redis: Redis;
    relay: Relay;
    tails: Tails;
    telemetry: Traces['telemetry'];
    /** The context of one job, with an entity manager of its own; its calls to Finnhub are made in this lane. */
    fork(lane?: Lane): JobContext;
    /** What has been used of Finnhub's plan. @throws when Redis is away. */
    readBudget(): Promise<BudgetState>;
    /** Whether Finnhub has answered the last call. */
    provider: Pick<Outage, 'isAway'>;
    /** What Finnhub's plan is known not to include. */
    plan: Plan;
    close(): Promise<void>;
  }>;

/** What every route may use. */
export type ApiContext = Context & Readonly<{ readiness: ApiReadiness; answers: JobAnswers }>;

/** Opens every connection of a process. It succeeds while Redis is away; MySQL is connected to on first use. */
export async function openContext(config: Config, role: string): Promise<Context> {
  const log = openLog(role, config.LOG_LEVEL, secretsOf(config));
  const traces = await openTraces(config.OTEL_EXPORTER_OTLP_ENDPOINT, role);
  const now = () => new Date();
  const definitions = await loadDefinitions();
  const orm = await MikroORM.init(ormOptions(config));
  const redis = openRedis(config, log);
  const producer = openProducer(impatientRedis(config), traces.telemetry);
  const relay = openRelay({ orm, redis, producer, definitions, log, now });
  const transaction = openTransaction(orm, relay, now);
  const tails = openTails(redis, (name) => openTailConnection(config, name));
  const finnhubs = openFinnhubs(config, redis, tellOnce(log));
  const shared = {
    config,
    log,
    now,
    orm,
    redis,
    tails,
    telemetry: traces.telemetry,
    producer,
    definitions,
    relay,
    transaction,
    enqueue: producer.enqueue,
    findLive: producer.findLive,
    finnhub: finnhubs.logged_in,
    expiryMs: config.ORDER_EXPIRY_SECONDS * 1_000,
    ...openUpstreams(config, redis, tellOnce(log)),
    syncGate: openSyncGate(redis),
    ...openMemories(config, redis, now),
    hours: openHours(redis),
    freshMs: freshMsOf(config),
    watchlist: openWatchlist({ ...pollingOf(config), read: () => orm.em.fork(), transaction, now }),
  };
  return {
    ...shared,
    em: orm.em.fork(),
    fork: (lane = 'logged_in') => ({ ...shared, finnhub: finnhubs[lane], em: orm.em.fork() }),
    async close() {
      tails.close();
      await relay.idle();
      await producer.close();
      redis.disconnect();
      await orm.close(true);
      await traces.close();
    },
  };
}

/** The parts of the outside world that are asked without Finnhub's budget. */
function openUpstreams(
  config: Config,
  redis: Redis,
  tell: TellOdd,
): Pick<JobContext, 'referenceRates' | 'gateways' | 'outage' | 'productFeed'> {
  const perSecond = config.PAYMENTS_PER_SECOND;
  const pace = perSecond === undefined ? undefined : openPace(redis, 'payments', perSecond);
  return {
    referenceRates: openReferenceRates(config.forexFallbackUrl, tell),
    gateways: openPaymentGateways(config, pace),
    outage: openOutage(redis, 'payments', pace),
    productFeed: openProductFeed(config.PUBLIC_PRODUCT_API, tell),
  };
}

/** How long copies are fresh. */
function freshMsOf(config: Config): JobContext['freshMs'] {
  return {
    quote: config.QUOTE_TTL_SECONDS * 1_000,
    company: config.COMPANY_TTL_SECONDS * 1_000,
    news: config.NEWS_TTL_SECONDS * 1_000,
    forex: config.FOREX_TTL_SECONDS * 1_000,
    crypto: config.CRYPTO_TTL_SECONDS * 1_000,
  };
}

/** What is polled from the first start, and what the plan allows. Without a key nothing can be polled. */
function pollingOf(config: Config): Pick<Watchlist, 'plan' | 'isPolled' | 'first'> {
  const symbols = config.WATCHLIST ?? [];
  const plan = { perWindow: config.FINNHUB_PER_MINUTE, windowMs: config.FINNHUB_WINDOW_MS };
  const freshSeconds = Math.max(config.QUOTE_TTL_SECONDS, config.CRYPTO_TTL_SECONDS);
  const everySeconds = usualEverySeconds(symbols.length, plan, freshSeconds);
  return { plan, isPolled: config.FINNHUB_API_KEY !== undefined, first: { symbols, everySeconds } };
}

const providerName = 'finnhub';

/** What Redis remembers of the market and of the calls to it. */
function openMemories(
  config: Config,
  redis: Redis,
  now: () => Date,
): Pick<Context, 'cache' | 'asks' | 'looks' | 'plan' | 'provider' | 'readBudget'> {
  return {
    cache: openCache(redis, now),
    asks: openAsks(redis),
    looks: openLooks(redis, now),
    plan: openPlan(redis, config.FINNHUB_API_KEY ?? ''),
    provider: openOutage(redis, providerName),
    readBudget: () => readBudget(redis, limitsOf(config)),
  };
}

/** Finnhub as each lane may call it. */
function openFinnhubs(config: Config, redis: Redis, tell: TellOdd): Readonly<Record<Lane, Finnhub>> {
  const budget = openBudget(redis, { ...limitsOf(config), isBackground: (lane) => !isForPeople(lane) });
  const plan = openPlan(redis, config.FINNHUB_API_KEY ?? '');
  const { FINNHUB_BASE_URL, FINNHUB_API_KEY: key, FINNHUB_WINDOW_MS: windowMs } = config;
  const baseUrl = FINNHUB_BASE_URL.replace(/\/+$/, '');
  const outage = openOutage(redis, providerName);
  const open = (lane: Lane) => openFinnhub({ baseUrl, key, windowMs, budget, lane, plan, outage, tell });
  return {
    logged_in: open('logged_in'),
    anonymous_cold: open('anonymous_cold'),
    anonymous_stale: open('anonymous_stale'),
    watchlist: open('watchlist'),
    refresh: open('refresh'),
  };
}

function limitsOf(config: Config) {
  return {
    key: config.FINNHUB_API_KEY ?? '',
    perWindow: config.FINNHUB_PER_MINUTE,
    windowMs: config.FINNHUB_WINDOW_MS,
    perSecond: config.FINNHUB_PER_SECOND,
    reserved: shareForPeople,
  };
}

/** Blocking reads come back every few seconds, also with nothing; a line that stays silent for longer is dead. */
function openTailConnection(config: Config, connectionName: string): Redis {
  const redis = new Redis({ ...patientRedis(config), connectionName, socketTimeout: 15_000 });
  // The shared connection tells of outages; this one comes back by itself.
  redis.on('error', () => {});
  return redis;
}

function openRedis(config: Config, log: Log): Redis {
  const redis = new Redis(impatientRedis(config));
  let isAway = false;
  redis.on('error', (error) => {
    if (!isAway) log.warn({ err: error }, 'Redis is away; what needs it waits, orders do not');
    isAway = true;
  });
  redis.on('ready', () => {
    if (isAway) log.info('Redis is back');
    isAway = false;
  });
  return redis;
}
