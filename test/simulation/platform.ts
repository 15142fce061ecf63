import { setTimeout as sleep } from 'node:timers/promises';
import { type EntityManager, MikroORM } from '@mikro-orm/mysql';
import { MysqlDialect } from 'kysely';
import { type Config, readConfig } from '../../src/config.ts';
import { ormOptions } from '../../src/entities/orm-options.ts';
import type { CallEndpoint } from '../../src/gateways/webhooks/call-endpoint.ts';
import { gatewaysOf } from '../../src/gateways/payment-gateways.ts';
import type { z } from 'zod';
import type { Job } from '../../src/jobs/define-job.ts';
import type { QueuedJob } from '../../src/jobs/enqueue.ts';
import { type Definitions, loadDefinitions } from '../../src/jobs/load-definitions.ts';
import { openOrders } from '../../src/orders/accept-orders.ts';
import { completeStreams } from '../../src/outbox/announce.ts';
import { openRelay } from '../../src/outbox/relay.ts';
import { sweepOnce } from '../../src/outbox/sweep.ts';
import { openTransaction, type Transaction } from '../../src/outbox/transaction.ts';
import { openPayments, type Payments } from '../../src/payments/payments.ts';
import { type Log, openLog } from '../../src/process/log.ts';
import { callOf, type Endpoint } from './endpoint.ts';
import { gatewayOf, type Ledger } from './gateway.ts';
import { type Jobs, producerOf, workJobs } from './jobs.ts';
import { Engine } from './mysql/engine.ts';
import { Pool } from './mysql/pool.ts';
import type { Said } from './mysql/query.ts';
import { readSchemas } from './mysql/tables.ts';
import { Connection, type Replied } from './redis/connection.ts';
import type { Keyspace } from './redis/keyspace.ts';
import { noted } from './noted-job.ts';
import type { Process, Simulation } from './simulation.ts';

/** What a job of the product is handed here. */
export type Needs = Readonly<{
  em: EntityManager;
  transaction: Transaction;
  payments: Payments;
  jobs: ReturnType<typeof producerOf>;
  events: Readonly<{ callEndpoint: CallEndpoint }>;
  now: () => Date;
  log: Log;
}>;

/** What histories share: what has been read of the product, and places for processes. */
export type Ground = Readonly<{
  config: Config;
  definitions: Definitions<Needs>;
  engine: Engine;
  log: Log;
  places: readonly Place[];
  hear?: Hearing;
}>;

/** Whoever listens to what the doubles say. */
export type Hearing = Readonly<{ mysql(said: Said): void; redis(replied: Replied): void }>;
type Around = ReturnType<ConstructorParameters<typeof Pool>[0]>;
type Place = Readonly<{ orm: MikroORM; occupy(around: Around): void }>;

/** What outlives processes in a history. */
export type Servers = Readonly<{ keyspace: Keyspace; jobs: Jobs; ledger: Ledger; endpoint: Endpoint }>;

/** Reads the product, once. */
export async function openGround(places: number): Promise<Ground> {
  const config = readConfig({
    NODE_ENV: 'test',
    MYSQL_HOST: 'double',
    REDIS_HOST: 'double',
    PAYMENT_GATEWAY: 'instant',
  });
  return {
    config,
    definitions: withJob(await loadDefinitions<Needs>(), noted),
    engine: new Engine(readSchemas()),
    log: openLog('simulation', 'silent'),
    places: await Promise.all(Array.from({ length: places }, () => openPlace(config))),
  };
}

function withJob(definitions: Definitions<Needs>, job: Job<z.ZodType, z.ZodType, Needs>): Definitions<Needs> {
  return { ...definitions, jobs: new Map([...definitions.jobs, [job.kind, job]]) };
}

/** MikroORM costs more to open than a history to run; whoever dies leaves it to whoever comes. */
async function openPlace(config: Config): Promise<Place> {
  let now: Around | undefined;
  const pool = new Pool(() => {
    if (!now) throw new Error('nobody is here');
    return now;
  });
  const orm = await MikroORM.init({
    ...ormOptions(config),
    driverOptions: new MysqlDialect({ pool }),
    ensureDatabase: false,
  });
  return {
    orm,
    occupy(around) {
      now = around;
    },
  };
}

/** A process of the platform, made of the product's own parts: it takes orders, and does all that workers do. */
export async function openPlatform(
  { config, definitions, engine, log, places, hear }: Ground,
  { keyspace, jobs, ledger, endpoint }: Servers,
  { process, simulation, place }: Readonly<{ process: Process; simulation: Simulation; place: number }>,
) {
  const around = { process, simulation };
  const own = places[place];
  if (!own) throw new Error(`there is no place ${place}`);
  own.occupy({ ...around, engine, ...(hear && { hear: hear.mysql }) });
  const { orm } = own;
  const now = () => new Date();
  const redis = new Connection({ ...around, keyspace, hear: hear?.redis });
  const producer = producerOf({ ...around, jobs });
  const relay = openRelay({ orm, redis, producer, definitions, log, now });
  const transaction = openTransaction(orm, relay, now);
  const gateways = gatewaysOf('ledger', [gatewayOf(around, ledger)]);
  const payments = await openPayments({ config, redis, orm, transaction, now }, async () => gateways);
  const parts = { orm, redis, transaction, payments, relay, log, now, definitions, streams: definitions.streams };
  const events = { callEndpoint: callOf(around, endpoint) };
  const perform = async ({ job, id, payload }: QueuedJob) => {
    const { work, timeoutMs } = definitions.jobs.get(job.kind) ?? {};
    const needs = { em: orm.em.fork(), transaction, payments, jobs: producer, events, now, log };
    const signal = AbortSignal.timeout(timeoutMs ?? 1_000);
    await work?.({ id, payload: job.payload.parse(payload), askedAtMs: Date.now(), signal, report() {} }, needs);
  };
  return {
    ...parts,
    producer,
    acceptOrder: openOrders(transaction),
    work: () => workJobs({ ...around, jobs }, perform),
    sweep: () => Promise.allSettled([sweepOnce(orm, relay), relay.announce()]),
    /** Does again and again what a worker does by the clock. */
    async keepOn(everyMs: number, work: () => Promise<unknown>) {
      for (;;) {
        await work().catch(() => {});
        await sleep(everyMs);
      }
    },
    complete: () => completeStreams(parts, new AbortController().signal),
    async reconcile() {
      const job = definitions.jobs.get('reconcile');
      if (job) await perform({ job, id: 'reconcile', payload: {} });
    },
  };
}

/** An open process. */
export type Platform = Awaited<ReturnType<typeof openPlatform>>;
