import type { EntityManager, MikroORM } from '@mikro-orm/mysql';
import { type Redis, ReplyError } from 'ioredis';
import { OutboxMessage } from '../entities/outbox.entity.ts';
import type { Producer, QueuedJob } from '../jobs/enqueue.ts';
import type { Definitions } from '../jobs/load-definitions.ts';
import { type Log, withoutLogIds } from '../process/log.ts';
import { append, type Envelope, StreamLost } from '../streams/append.ts';
import type { Stream } from '../streams/define-event.ts';
import { untraced } from '../telemetry/traces.ts';
import type { Message } from './after-commit.ts';
import { restoreStream } from './restore-stream.ts';

/** Sends committed messages on: events to their streams, jobs to their queues. */
export type Relay = Readonly<{
  /** Takes over messages that have just committed; returns at once and never throws. */
  notify(messages: readonly Message[]): void;
  /** Sends messages whose lease is held, deletes what was sent, and returns how many that were. */
  send(messages: readonly Message[]): Promise<number>;
  /** Resolves when everything taken over has been sent or left to the sweep. */
  idle(): Promise<void>;
}>;

/** What a relay needs of its process. */
export type RelayParts = Readonly<{
  orm: MikroORM;
  redis: Redis;
  producer: Producer;
  definitions: Definitions;
  log: Log;
  now: () => Date;
}>;

const batch = 500;
// A send takes at most two deadlines of a second and a half; a lease with less left belongs to the sweep.
const leaseReserveMs = 3_000;
// A log of some thousand events is read and appended in that time.
const restorePatienceMs = 1_000;

/** Opens the process's relay. What it cannot send stays in MySQL, where the sweep of any worker finds it. */
export function openRelay(parts: RelayParts): Relay {
  const waiting: Message[] = [];
  let running: Promise<void> | undefined;

  const drain = async () => {
    while (waiting.length > 0) {
      const latest = parts.now().getTime() + leaseReserveMs;
      const some = waiting.splice(0, batch).filter(({ leaseUntil }) => leaseUntil.getTime() >= latest);
      try {
        await send(parts, some);
      } catch (error) {
        parts.log.warn({ err: error, messages: some.length + waiting.length }, 'outbox: left to the sweep');
        waiting.length = 0;
      }
    }
    running = undefined;
  };
  return {
    notify(messages) {
      waiting.push(...messages);
      // The next turn of the loop, so that transactions which commit together leave together.
      running ??= detached(() => new Promise<void>((resolve) => setImmediate(resolve)).then(drain));
    },
    send: (messages) => send(parts, messages),
    idle: async () => running,
  };
}

// Each message has its own trace; what is logged is about all of them.
function detached<T>(work: () => T): T {
  return untraced(() => withoutLogIds(work));
}

async function send(parts: RelayParts, messages: readonly Message[]): Promise<number> {
  const { orm, producer } = parts;
  const em = orm.em.fork();
  const known = messages.filter((message) => isDefined(parts, message));
  const events = await inOrder(
    em,
    known.filter(({ stream }) => stream !== null),
  );
  const jobs = known.filter(({ stream }) => stream === null);

  // Events first, and their rows gone before a job can start: what a job announces follows them at once.
  const perStream = [...Map.groupBy(events, ({ stream }) => stream).values()];
  const gone = (await Promise.all(perStream.map((some) => announce(parts, some)))).flat();
  await remove(em, gone);
  await producer.enqueueAll(jobs.flatMap((message) => toJob(parts, message)));
  await remove(em, jobs);
  return gone.length + jobs.length;
}

/**
 * Appends the events of one stream, and returns those that have gone. None: the stream is lost, and restoring it takes longer
 * than jobs can wait, or its key is no stream's. The sweep sends them later; other streams and all jobs go on.
 */
async function announce(parts: RelayParts, messages: readonly Message[]): Promise<readonly Message[]> {
  const events = messages.flatMap((message) => toEvent(parts, message));
  try {
    await append(parts.redis, events, { mustBeWhole: true });
  } catch (error) {
    if (error instanceof StreamLost) return (await isRestored(parts, error.stream)) ? announce(parts, messages) : [];
    // Redis is there, and will not take them. If it is away, it takes no jobs either.
    if (!(error instanceof ReplyError)) throw error;
    parts.log.error({ err: error, stream: messages[0]?.stream }, 'outbox: Redis refuses events; the sweep tries again');
    return [];
  }
  return messages;
}

async function isRestored(parts: RelayParts, stream: Stream): Promise<boolean> {
  try {
    await restoreStream(parts, stream, AbortSignal.timeout(restorePatienceMs));
    return true;
  } catch (error) {
    parts.log.warn({ err: error, stream: stream.name }, 'outbox: a stream is still being restored');
    return false;
  }
}

async function remove(em: EntityManager, messages: readonly Message[]): Promise<void> {
  if (messages.length > 0) await em.nativeDelete(OutboxMessage, { id: { $in: messages.map(({ id }) => id) } });
}

/** Drops events that an older unsent one of their subject must precede; the sweep sends those when it is their turn. */
async function inOrder(em: EntityManager, events: readonly Message[]): Promise<Message[]> {
  const followers = events.filter(({ version }) => (version ?? 1) > 1);
  if (followers.length === 0) return [...events];
  const subjects = [...new Set(followers.flatMap(({ subject }) => subject ?? []))];
  const streams = [...new Set(followers.flatMap(({ stream }) => stream ?? []))];
  const unsent = await em.find(
    OutboxMessage,
    { stream: { $in: streams }, subject: { $in: subjects } },
    { fields: ['id', 'stream', 'subject', 'version'], disableIdentityMap: true },
  );
  const held = new Set(events.map(({ id }) => id));
  const foreign = unsent.filter(({ id }) => !held.has(id));
  const isNext = (message: Message) =>
    !foreign.some(
      ({ stream, subject, version }) =>
        stream === message.stream && subject === message.subject && (version ?? 0) < (message.version ?? 0),
    );
  return events.filter(isNext).sort((a, b) => (a.version ?? 0) - (b.version ?? 0));
}

function isDefined({ definitions, log }: RelayParts, { id, name, stream }: Message): boolean {
  const isKnown = stream === null ? definitions.jobs.has(name) : definitions.events.has(name);
  if (!isKnown) log.error({ id, name }, 'outbox: no job or event of this name is defined; bring it back to send it');
  return isKnown;
}

function toJob({ definitions }: RelayParts, { id, name, body, trace }: Message): QueuedJob[] {
  const job = definitions.jobs.get(name);
  return job ? [{ job, id, payload: JSON.parse(body), trace }] : [];
}

function toEvent({ definitions }: RelayParts, message: Message) {
  const event = definitions.events.get(message.name);
  if (!event) return [];
  const envelope: Envelope = {
    id: message.id,
    type: event.type,
    version: message.version ?? 0,
    schema: event.schema,
    time: message.createdAt.toISOString(),
    subject: message.subject ?? '',
    data: message.body,
    ...(message.trace === null ? {} : { trace: message.trace }),
  };
  return [{ stream: event.stream, envelope }];
}
