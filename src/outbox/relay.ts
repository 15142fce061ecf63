import type { Redis } from '../redis/client.ts';
import type { MikroORM } from '@mikro-orm/mysql';
import { OutboxMessage } from '../entities/outbox.entity.ts';
import type { Producer, QueuedJob } from '../jobs/enqueue.ts';
import type { Definitions } from '../jobs/load-definitions.ts';
import { deleteRows } from '../mysql/rows.ts';
import { type Log, withoutLogIds } from '../process/log.ts';
import { untraced } from '../telemetry/traces.ts';
import type { Committed, Message } from './after-commit.ts';
import { announce, announceWritten, isNumbered } from './announce.ts';
import { mostNumbered } from './number-events.ts';
import type { Numbered, Unnumbered } from './numbering.ts';

/** Sends what has been committed: events to their streams, jobs to their queues. */
export type Relay = Readonly<{
  /** Takes over what has just been committed; returns at once and never throws. */
  notify(committed: Committed): void;
  /** Whether it has events that wait for their positions: what is committed now is not to come before them. */
  isBehind(): boolean;
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
  const giveUp = (error: unknown, left: object) => parts.log.warn({ err: error, ...left }, 'outbox: left to the sweep');
  const sent = openTidying(parts.orm, giveUp);
  const announceParts = { ...parts, streams: parts.definitions.streams };
  const relay: Omit<Relay, 'notify' | 'isBehind' | 'idle'> = {
    async send(jobs) {
      const ids = await send(parts, jobs);
      sent.note(ids);
      return ids.length;
    },
    announce: () => announce(announceParts),
  };
  // A job does not wait for the events of others, nor an event for their jobs.
  const jobs = openLine<Message>(batch, async (some) => {
    const latest = parts.now().getTime() + leaseReserveMs;
    await relay.send(some.filter(({ leaseUntil }) => leaseUntil.getTime() >= latest));
  });
  let waiting = 0;
  const events = openLine<Unnumbered | Numbered>(mostNumbered, async (some) => {
    await announceWritten(announceParts, some);
    waiting -= unnumbered(some);
  });
  return {
    ...relay,
    notify(committed) {
      jobs.add(committed.jobs, (error, left) => giveUp(error, { jobs: left }));
      waiting += unnumbered(committed.events);
      events.add(committed.events, (error) => {
        waiting = 0;
        giveUp(error, { events: true });
      });
    },
    isBehind: () => waiting > 0,
    async idle() {
      await Promise.all([jobs.idle(), events.idle()]);
      await sent.tidy();
    },
  };
}

function unnumbered(events: readonly (Unnumbered | Numbered)[]): number {
  return events.filter((event) => !isNumbered(event)).length;
}

/** What has been committed and waits to be sent, one load after the other; what comes meanwhile is the next load. */
function openLine<T>(most: number, work: (some: readonly T[]) => Promise<void>) {
  const waiting: T[] = [];
  let running: Promise<void> | undefined;
  const drain = async (giveUp: (error: unknown, left: number) => void) => {
    while (waiting.length > 0) {
      const some = waiting.splice(0, most);
      await work(some).catch((error: unknown) => giveUp(error, some.length + waiting.splice(0).length));
    }
    running = undefined;
  };
  return {
    add(some: readonly T[], giveUp: (error: unknown, left: number) => void) {
      waiting.push(...some);
      if (waiting.length > 0) running ??= detached(() => drain(giveUp));
    },
    idle: () => running,
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
