import type { RestoreParts } from '../../../src/outbox/restore-stream.ts';
import type { InferEntity } from '@mikro-orm/mysql';
import { z } from 'zod';
import { EventLog, OutboxMessage } from '../../../src/entities/outbox.entity.ts';
import { defineJob } from '../../../src/jobs/define-job.ts';
import type { QueuedJob } from '../../../src/jobs/enqueue.ts';
import { upkeep } from '../../../src/jobs/queues.ts';
import type { Message } from '../../../src/outbox/after-commit.ts';
import { openRelay, type Relay, type RelayParts } from '../../../src/outbox/relay.ts';
import { letAppend, wholeKey } from '../../../src/streams/append.ts';
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

/** A database whose outbox nobody empties unless a test asks for it. */
export type Outbox = Readonly<{
  api: TestApi;
  /** Commits messages, and leaves them where they are. */
  transaction: Transaction;
  /** A relay on the real Redis, which knows the test's job and event; parts may be replaced. */
  relay(parts?: Partial<RelayParts>): Relay;
  /** What restoring a stream needs. */
  restoring(): RestoreParts;
  /** The rows: events by version, then jobs. */
  rows(): Promise<Row[]>;
  /** The rows as a relay takes them. */
  messages(): Promise<Message[]>;
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
  const rows = () => ctx.orm.em.fork().find(OutboxMessage, {}, { orderBy: { name: 'asc', version: 'asc' } });
  return {
    api,
    transaction: openTransaction(ctx.orm, { notify() {}, send: async () => 0, idle: async () => {} }, ctx.now),
    relay: (parts = {}) => openRelay({ ...ctx, producer: ctx.jobs, definitions, ...parts }),
    restoring: () => ({ ...ctx, definitions: ctx.jobs.definitions }),
    rows,
    messages: async () =>
      (await rows()).map(({ stream: name = null, subject = null, version = null, trace = null, ...row }) => ({
        ...row,
        stream: name,
        subject,
        version,
        trace,
      })),
    expireLeases: async () =>
      void (await ctx.orm.em.fork().nativeUpdate(OutboxMessage, {}, { leaseUntil: new Date(Date.now() - 1_000) })),
    async empty() {
      await ctx.orm.em.fork().nativeDelete(OutboxMessage, {});
      await ctx.orm.em.fork().nativeDelete(EventLog, {});
      await ctx.redis.flushdb();
      // Nothing was lost: what these tests do not send has never been on the stream.
      for (const one of [stream, letters]) {
        await ctx.redis.set(wholeKey(one), '1');
        await letAppend(ctx.redis, one);
      }
    },
  };
}

/** A queue that only notes what it is given, and asks `before` first. */
export function noteJobs(before: () => Promise<void> = async () => {}) {
  const added: QueuedJob[] = [];
  const producer: RelayParts['producer'] = {
    queues: new Map(),
    enqueue: async () => 'none',
    findLive: async () => [],
    async enqueueAll(jobs) {
      await before();
      added.push(...jobs);
    },
    close: async () => {},
  };
  return { producer, added };
}
