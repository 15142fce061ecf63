import type { Redis } from '../redis/client.ts';
import type { MikroORM } from '@mikro-orm/mysql';
import { OutboxMessage } from '../entities/outbox.entity.ts';
import type { Producer, QueuedJob } from '../jobs/enqueue.ts';
import type { Definitions } from '../jobs/load-definitions.ts';
import { deleteRows } from '../mysql/rows.ts';
import { type Log, withoutLogIds } from '../process/log.ts';
import { untraced } from '../telemetry/traces.ts';
import type { Committed, Message } from './after-commit.ts';
import { announce, announceWritten } from './announce.ts';
import { mostNumbered, type Unnumbered } from './number-events.ts';

/** Sends what has been committed: events to their streams, jobs to their queues. */
export type Relay = Readonly<{
  /** Takes over what has just been committed; returns at once and never throws. */
  notify(committed: Committed): void;
  /** Adds jobs whose lease is held to their queues, and returns how many that were; their messages are deleted soon after. */
  send(jobs: readonly Message[]): Promise<number>;
  /** Announces whatever has been committed and not announced, by any process, and returns how many events that were. */
  announce(): Promise<number>;
  /** Resolves when everything taken over has been sent, and its messages deleted, or left to the sweep. */
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
// Messages that have been sent are deleted together: a commit of its own for each would keep those waiting who write. Who dies
// before leaves them to the sweep, which adds jobs that are there already.
const tidyAfterMs = 250;

/** Opens the process's relay. What it cannot send stays in MySQL, where the sweep of any worker finds it. */
export function openRelay(parts: RelayParts): Relay {
  const waiting: Message[] = [];
  const events: Unnumbered[] = [];
  let running: Promise<void> | undefined;
  const giveUp = (error: unknown, left: object) => parts.log.warn({ err: error, ...left }, 'outbox: left to the sweep');
  const sent = openTidying(parts.orm, giveUp);
  const announceParts = { ...parts, streams: parts.definitions.streams };
  const relay: Omit<Relay, 'notify' | 'idle'> = {
    async send(jobs) {
      const ids = await send(parts, jobs);
      sent.note(ids);
      return ids.length;
    },
    announce: () => announce(announceParts),
  };
  const drain = async () => {
    while (waiting.length > 0 || events.length > 0) {
      const latest = parts.now().getTime() + leaseReserveMs;
      const jobs = waiting.splice(0, batch).filter(({ leaseUntil }) => leaseUntil.getTime() >= latest);
      const announcing = announceWritten(announceParts, events.splice(0, mostNumbered)).catch((error: unknown) => {
        giveUp(error, { events: true });
        events.length = 0;
      });
      const sending = relay.send(jobs).catch((error: unknown) => {
        giveUp(error, { jobs: jobs.length + waiting.length });
        waiting.length = 0;
      });
      await Promise.all([announcing, sending]);
    }
    running = undefined;
  };
  return {
    ...relay,
    notify(committed) {
      waiting.push(...committed.jobs);
      events.push(...committed.events);
      // The next turn of the loop, so that transactions which commit together leave together.
      running ??= detached(() => new Promise<void>((resolve) => setImmediate(resolve)).then(drain));
    },
    async idle() {
      await running;
      await sent.tidy();
    },
  };
}

/** Deletes messages of jobs that have been sent: some moments after the first of them, or when it is told to. */
function openTidying(orm: MikroORM, giveUp: (error: unknown, left: object) => void) {
  const sent: string[] = [];
  let timer: NodeJS.Timeout | undefined;
  let last = Promise.resolve();
  const remove = async () => {
    clearTimeout(timer);
    timer = undefined;
    const ids = sent.splice(0);
    await deleteRows(orm.em.fork(), OutboxMessage, ids);
  };
  const tidy = (): Promise<void> => {
    last = last.then(remove).catch((error: unknown) => giveUp(error, { sent: true }));
    return last;
  };
  return {
    tidy,
    note(ids: readonly string[]) {
      sent.push(...ids);
      if (sent.length > 0) timer ??= setTimeout(() => void tidy(), tidyAfterMs);
    },
  };
}

// Each message has its own trace; what is logged is about all of them.
function detached<T>(work: () => T): T {
  return untraced(() => withoutLogIds(work));
}

async function send({ producer, definitions, log }: RelayParts, messages: readonly Message[]): Promise<string[]> {
  const known = messages.flatMap(({ id, name, body, trace }): QueuedJob[] => {
    const job = definitions.jobs.get(name);
    if (!job) log.error({ id, name }, 'outbox: no job of this name is defined; bring it back to send it');
    return job ? [{ job, id, payload: JSON.parse(body), trace }] : [];
  });
  if (known.length > 0) await producer.enqueueAll(known);
  return known.map(({ id }) => id);
}
