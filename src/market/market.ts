import type { EntityManager, MikroORM } from '@mikro-orm/mysql';
import type { Redis } from '../redis/client.ts';
import type { Config } from '../config.ts';
import { openReferenceRates, type ReferenceRates } from '../gateways/feeds/reference-rates.ts';
import { openBudget } from '../gateways/finnhub/budget.ts';
import { type BudgetState, readBudget } from '../gateways/finnhub/budget-view.ts';
import { type Finnhub, openFinnhub } from '../gateways/finnhub/finnhub.ts';
import { openPlan, type Plan } from '../gateways/finnhub/plan.ts';
import type { TellOdd } from '../gateways/http/lenient.ts';
import { openOutage, type Outage } from '../gateways/http/outage.ts';
import { isForPeople, type Lane } from '../jobs/queues.ts';
import { presentOf } from '../mysql/present.ts';
import type { Batch } from '../outbox/batch.ts';
import type { Transaction } from '../outbox/transaction.ts';
import { type Asks, openAsks } from './asks.ts';
import { type Cache, openCache } from './cache.ts';
import type { MarketData } from './market-data.ts';
import { type Hours, openHours } from './hours.ts';
import { type FailedFetches, openFailedFetches } from './failed-fetches.ts';
import { openStore, type ToStore, type Written } from './market-store.ts';
import { shareForPeople, usualEverySeconds } from './polling.ts';
import { openWatchlist, type Watchlist } from './watchlist.ts';

/** What a process knows of the market, and whom it asks. */
export type Market = Readonly<{
  finnhub: Finnhub;
  referenceRates: ReferenceRates;
  cache: Cache;
  asks: Asks;
  failedFetches: FailedFetches;
  /** Stores what the provider has said, and announces it, with what others bring at this moment. */
  store: Batch<ToStore, Written>;
  /** How long a copy of a kind of market data is fresh, ms. */
  freshMs(data: Pick<MarketData, 'freshSeconds'>): number;
  /** What is polled without being asked for. */
  watchlist: Watchlist;
  /** The moment by which all processes count the slots of what is polled: the database's. */
  present(em: EntityManager): Promise<Date>;
  /** Whether shares are traded. */
  hours: Hours;
  /** What Finnhub's plan is known not to include. */
  plan: Plan;
  /** Whether Finnhub has answered the last call. */
  provider: Pick<Outage, 'isAway' | 'look'>;
  /** What has been used of Finnhub's plan. @throws when Redis is away. */
  readBudget(): Promise<BudgetState>;
  /** Has every call to Finnhub told that this process makes, by its lane. */
  onCall(listener: (lane: Lane) => void): void;
  /** The same with calls to Finnhub made in this lane. */
  inLane(lane: Lane): Market;
}>;

/** What the market needs of its process. */
export type MarketParts = Readonly<{
  config: Config;
  redis: Redis;
  orm: MikroORM;
  transaction: Transaction;
  now: () => Date;
  tell: TellOdd;
}>;

/** Opens the market; nothing is asked yet. */
export function openMarket({ config, redis, orm, transaction, now, tell }: MarketParts): Market {
  const limits = limitsOf(config);
  const plan = openPlan(redis, limits.key);
  const provider = openOutage(redis, 'finnhub');
  const listeners: ((lane: Lane) => void)[] = [];
  const onCall = (lane: Lane) => listeners.forEach((tellCall) => tellCall(lane));
  const finnhubs = openFinnhubs(config, { redis, plan, outage: provider, onCall, tell });
  const market: Omit<Market, 'finnhub' | 'inLane'> = {
    referenceRates: openReferenceRates(config.forexFallbackUrl, tell),
    cache: openCache(redis, now),
    asks: openAsks(redis),
    failedFetches: openFailedFetches(redis),
    store: openStore(transaction),
    freshMs: ({ freshSeconds }) => 1_000 * (typeof freshSeconds === 'number' ? freshSeconds : config[freshSeconds]),
    watchlist: openWatchlist({ ...pollingOf(config), read: () => orm.em.fork(), transaction, now }),
    present: presentOf,
    hours: openHours(redis),
    plan,
    provider,
    readBudget: () => readBudget(redis, limits),
    onCall: (listener) => void listeners.push(listener),
  };
  const inLane = (lane: Lane): Market => ({ ...market, finnhub: finnhubs[lane], inLane });
  return inLane('logged_in');
}

/** What is polled from the first start, and what the plan allows. Without a key nothing can be polled. */
function pollingOf(config: Config): Pick<Watchlist, 'plan' | 'isPolled' | 'first'> {
  const symbols = config.WATCHLIST ?? [];
  const plan = { perWindow: config.FINNHUB_PER_MINUTE, windowMs: config.FINNHUB_WINDOW_MS };
  const freshSeconds = Math.max(config.QUOTE_TTL_SECONDS, config.CRYPTO_TTL_SECONDS);
  const everySeconds = usualEverySeconds(symbols.length, plan, freshSeconds);
  return { plan, isPolled: config.FINNHUB_API_KEY !== undefined, first: { symbols, everySeconds } };
}

type FinnhubParts = Readonly<{ redis: Redis; plan: Plan; outage: Outage; onCall: (lane: Lane) => void; tell: TellOdd }>;

/** Finnhub as each lane may call it. */
function openFinnhubs(config: Config, { redis, onCall, ...parts }: FinnhubParts): Readonly<Record<Lane, Finnhub>> {
  const budget = openBudget(redis, { ...limitsOf(config), isBackground: (lane) => !isForPeople(lane) });
  const { FINNHUB_BASE_URL, FINNHUB_API_KEY: key, FINNHUB_WINDOW_MS: windowMs } = config;
  const baseUrl = FINNHUB_BASE_URL.replace(/\/+$/, '');
  const open = (lane: Lane) =>
    openFinnhub({ baseUrl, key, windowMs, budget, lane, onCall: () => onCall(lane), ...parts });
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
