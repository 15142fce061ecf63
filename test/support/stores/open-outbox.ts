import type { InferEntity } from '@mikro-orm/mysql';
import { z } from 'zod';
import { EventLog, EventLogEnd, EventVersion, OutboxMessage } from '../../../src/entities/outbox.entity.ts';
import { defineJob } from '../../../src/jobs/define-job.ts';
import type { QueuedJob } from '../../../src/jobs/enqueue.ts';
import { upkeep } from '../../../src/jobs/queues.ts';
import type { Message } from '../../../src/outbox/after-commit.ts';
import { completeStreams } from '../../../src/outbox/announce.ts';
import type { Unnumbered } from '../../../src/outbox/numbering.ts';
import { openRelay, type Relay, type RelayParts } from '../../../src/outbox/relay.ts';
import { defineEvent, defineStream, type Stream } from '../../../src/streams/define-event.ts';
import { openTransaction, type Transaction } from '../../../src/outbox/transaction.ts';
import { openTestApi, type TestApi } from '../api/test-api.ts';

const stream = defineStream({ name: 'parcels', summary: 'Parcels, in order per parcel.', maxLength: 1_000 });

/** An event of a stream that only tests know. */
export const parcelMoved = defineEvent(stream, {
  type: 'parcel.moved',
  schema: 1,
  summary: 'A parcel has moved.',
  data: z.object({ step: z.int() }),
  example: { subject: 'a', data: { step: 1 } },
});

const letters = defineStream({ name: 'letters', summary: 'Letters, in order per letter.', maxLength: 1_000 });

/** An event of another stream that only tests know. */
export const letterSent = defineEvent(letters, {
  type: 'letter.sent',
  schema: 1,
  summary: 'A letter has been sent.',
  data: z.object({ step: z.int() }),
  example: { subject: 'a', data: { step: 1 } },
});

/** A job that only tests know. */
export const weighParcel = defineJob(
  {
    kind: 'weigh-parcel',
    summary: 'Weigh a parcel.',
    queue: upkeep,
    payload: z.object({ parcel: z.string() }),
    result: z.object({}),
    attempts: 1,
    backoffMs: 1,
    timeoutMs: 1_000,
  },
  async () => ({}),
);

type Row = InferEntity<typeof OutboxMessage>;
type Event = InferEntity<typeof EventLog>;

/** A database whose outbox nobody empties unless a test asks for it. */
export type Outbox = Readonly<{
  api: TestApi;
  /** Commits messages, and leaves them where they are. */
  transaction: Transaction;
  /** A relay on the real Redis, which knows the test's job and event; parts may be replaced. */
  relay(parts?: Partial<RelayParts>): Relay;
  /** Appends what the streams lack of the log, as a worker does. */
  complete(parts?: Partial<RelayParts>): Promise<void>;
  /** The jobs. */
  rows(): Promise<Row[]>;
  /** The jobs as a relay takes them. */
  jobs(): Promise<Message[]>;
  /** The events that have no position, as a relay takes them. */
  events(): Promise<Unnumbered[]>;
  /** The events of the log, by position; those without one come last, by version. */
  log(): Promise<Event[]>;
  /** Lets every lease run out. */
  expireLeases(): Promise<void>;
  empty(): Promise<void>;
}>;

/** Opens it on data of the test file's own; `env` is laid over the test's environment. */
export async function openOutbox(env: Readonly<Record<string, string>> = {}): Promise<Outbox> {
  const api = await openTestApi(env);
  const { ctx } = api;
  const definitions: RelayParts['definitions'] = {
    jobs: new Map([[weighParcel.kind, weighParcel]]),
    events: new Map([
      [parcelMoved.type, parcelMoved],
      [letterSent.type, letterSent],
    ]),
    streams: new Map<string, Stream>([
      [stream.name, stream],
      [letters.name, letters],
    ]),
  };
  const rows = () => ctx.orm.em.fork().find(OutboxMessage, {}, { orderBy: { name: 'asc', id: 'asc' } });
  const untold = Number.MAX_SAFE_INTEGER;
  return {
    api,
    transaction: openTransaction(ctx.orm, { ...deafRelay, isBehind: () => true }, ctx.now),
    relay: (parts = {}) => openRelay({ ...ctx, producer: ctx.jobs, definitions, ...parts }),
    complete: async (parts = {}) => {
      const { signal } = new AbortController();
      await completeStreams({ ...ctx, ...parts, streams: definitions.streams }, signal);
    },
    rows,
    jobs: async () => (await rows()).map(({ trace = null, ...row }) => ({ ...row, trace })),
    events: async () =>
      (await ctx.orm.em.fork().find(EventLog, { position: null }, { orderBy: { id: 'asc' } })).map(
        ({ id, type, subject, version, schema, data, at, trace = null, ...row }) => {
          return { id, type, subject, version, schema, data, trace, stream: row.stream, time: at.toISOString() };
        },
      ),
    log: async () =>
      (await ctx.orm.em.fork().find(EventLog, {}, { orderBy: { version: 'asc' } })).toSorted(
        (one, other) => (one.position ?? untold) - (other.position ?? untold),
      ),
    expireLeases: async () =>
      void (await ctx.orm.em.fork().nativeUpdate(OutboxMessage, {}, { leaseUntil: new Date(Date.now() - 1_000) })),
    async empty() {
      await ctx.orm.em.fork().nativeDelete(OutboxMessage, {});
      await ctx.orm.em.fork().nativeDelete(EventLog, {});
      await ctx.orm.em.fork().nativeDelete(EventVersion, {});
      await ctx.orm.em.fork().nativeUpdate(EventLogEnd, {}, { position: 0 });
      await ctx.redis.flushdb();
    },
  };
}

/** A relay that sends nothing. */
export const deafRelay: Relay = {
  notify() {},
  isBehind: () => false,
  send: async () => 0,
  announce: async () => 0,
  idle: async () => {},
};

/** A queue that only notes what it is given, and asks `before` first. */
export function noteJobs(before: () => Promise<void> = async () => {}) {
  const added: QueuedJob[] = [];
  const producer: RelayParts['producer'] = {
    async enqueueAll(jobs) {
      await before();
      added.push(...jobs);
    },
  };
  return { producer, added };
}
