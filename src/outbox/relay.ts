import type { Redis } from 'ioredis';
import type { MikroORM } from '@mikro-orm/mysql';
import { OutboxMessage } from '../entities/outbox.entity.ts';
import type { Producer, QueuedJob } from '../jobs/enqueue.ts';
import type { Definitions } from '../jobs/load-definitions.ts';
import { type Log, withoutLogIds } from '../process/log.ts';
import { untraced } from '../telemetry/traces.ts';
import type { Committed, Message } from './after-commit.ts';
import { announce } from './announce.ts';

/** Sends what has been committed: events to their streams, jobs to their queues. */
export type Relay = Readonly<{
  /** Takes over what has just been committed; returns at once and never throws. */
  notify(committed: Committed): void;
  /** Adds jobs whose lease is held to their queues, deletes their messages, and returns how many that were. */
  send(jobs: readonly Message[]): Promise<number>;
  /** Announces whatever has been committed and not announced, by any process, and returns how many events that were. */
  announce(): Promise<number>;
  /** Resolves when everything taken over has been sent or left to the sweep. */
  idle(): Promise<void>;
}>;

/** What a relay needs of its process. */
export type RelayParts = Readonly<{
  orm: MikroORM;
  redis: Redis;
  producer: Pick<Producer, 'enqueueAll'>;
  definitions: Definitions;
  log: Log;
  now: () => Date;
}>;

const batch = 500;
// A send takes at most two deadlines of a second and a half; a lease with less left belongs to the sweep.
const leaseReserveMs = 3_000;

/** Opens the process's relay. What it cannot send stays in MySQL, where the sweep of any worker finds it. */
export function openRelay(parts: RelayParts): Relay {
  const waiting: Message[] = [];
  let hasEvents = false;
  let running: Promise<void> | undefined;

  const relay: Omit<Relay, 'notify' | 'idle'> = {
    send: (jobs) => send(parts, jobs),
    announce: () => announce({ ...parts, streams: parts.definitions.streams }),
  };
  const giveUp = (error: unknown, left: object) => parts.log.warn({ err: error, ...left }, 'outbox: left to the sweep');
  const drain = async () => {
    while (waiting.length > 0 || hasEvents) {
      const latest = parts.now().getTime() + leaseReserveMs;
      const jobs = waiting.splice(0, batch).filter(({ leaseUntil }) => leaseUntil.getTime() >= latest);
      const announcing = hasEvents ? relay.announce() : undefined;
      hasEvents = false;
      const sending = relay.send(jobs).catch((error: unknown) => {
        giveUp(error, { jobs: jobs.length + waiting.length });
        waiting.length = 0;
      });
      await Promise.all([announcing?.catch((error: unknown) => giveUp(error, { events: true })), sending]);
    }
    running = undefined;
  };
  return {
    ...relay,
    notify(committed) {
      waiting.push(...committed.jobs);
      hasEvents ||= committed.hasEvents;
      // The next turn of the loop, so that transactions which commit together leave together.
      running ??= detached(() => new Promise<void>((resolve) => setImmediate(resolve)).then(drain));
    },
    idle: async () => running,
  };
}

// Each message has its own trace; what is logged is about all of them.
function detached<T>(work: () => T): T {
  return untraced(() => withoutLogIds(work));
}

async function send({ orm, producer, definitions, log }: RelayParts, messages: readonly Message[]): Promise<number> {
  const known = messages.flatMap(({ id, name, body, trace }): QueuedJob[] => {
    const job = definitions.jobs.get(name);
    if (!job) log.error({ id, name }, 'outbox: no job of this name is defined; bring it back to send it');
    return job ? [{ job, id, payload: JSON.parse(body), trace }] : [];
  });
  if (known.length === 0) return 0;
  await producer.enqueueAll(known);
  await orm.em.fork().nativeDelete(OutboxMessage, { id: { $in: known.map(({ id }) => id) } });
  return known.length;
}
