import type { MikroORM } from '@mikro-orm/mysql';
import { ReplyError } from 'ioredis';
import type { Redis } from '../redis/client.ts';
import type { Log } from '../process/log.ts';
import { append, endKey, endOfStream } from '../streams/append.ts';
import type { Stream } from '../streams/define-event.ts';
import { entriesOf } from '../streams/history.ts';
import { endsOfStreams, lastPositionOf, readStreamLog, startOfStream } from './event-log.ts';
import { numberEvents } from './number-events.ts';
import type { Numbered, Numbering, Unnumbered } from './numbering.ts';
import { numberWritten } from './number-written.ts';

/** What announcing needs of its process. */
export type AnnounceParts = Readonly<{
  orm: MikroORM;
  redis: Redis;
  streams: ReadonlyMap<string, Stream>;
  log: Log;
  now: () => Date;
}>;

const batch = 500;

/**
 * Gives every event that has been committed its position, and appends it to its stream; returns how many they were. What Redis
 * does not take stands in the log, and `completeStreams` of any worker appends it.
 */
export async function announce(parts: AnnounceParts): Promise<number> {
  let count = 0;
  for (;;) {
    const { events, isMore } = await numberEvents(numberingOf(parts));
    count += events.length;
    await appendAll(parts, events);
    if (!isMore) return count;
  }
}

/** The same of events that this process has just committed, 500 at the most, and of others only where those wait for them. */
export async function announceWritten(parts: AnnounceParts, events: readonly (Unnumbered | Numbered)[]): Promise<void> {
  const [placed, waiting] = [events.filter(isNumbered), events.filter((event) => !isNumbered(event))];
  await appendAll(parts, placed);
  if (waiting.length === 0) return;
  const given = await numberWritten(numberingOf(parts), waiting);
  await (given ? appendAll(parts, given) : announce(parts));
}

/** Whether it has its position already. */
export function isNumbered(event: Unnumbered | Numbered): event is Numbered {
  return 'position' in event;
}

function numberingOf({ orm, streams, now }: AnnounceParts): Numbering {
  return { em: orm.em.fork(), streams: [...streams.keys()], now: now() };
}

async function appendAll(parts: AnnounceParts, events: readonly Numbered[]): Promise<void> {
  const perStream = Map.groupBy(events, ({ stream }) => stream);
  const appending = [...perStream].map(async ([name, some]) => {
    for (const run of runsOf(some)) await appendNumbered(parts, parts.streams.get(name), run);
  });
  await Promise.all(appending);
}

/** Events of one stream, in its order, and apart where others stand between them. */
function runsOf(events: readonly Numbered[]): readonly (readonly Numbered[])[] {
  const runs: Numbered[][] = [];
  for (const event of events.toSorted((one, other) => one.position - other.position)) {
    const run = runs.at(-1);
    if (run && run.at(-1)?.position === event.previous) run.push(event);
    else runs.push([event]);
  }
  return runs;
}

/** A stream that is not defined here is filled by a process that knows it. */
async function appendNumbered(parts: AnnounceParts, stream: Stream | undefined, events: readonly Numbered[]) {
  if (!stream) return;
  await alone(parts, stream, async () => {
    if ((await append(parts.redis, stream, events[0]?.previous, events)) !== undefined) return;
    // Another process has given the positions before these, and not appended its events yet. A lost stream is for the workers.
    const end = await endOfStream(parts.redis, stream);
    if (end !== undefined) await appendAfter(parts, stream, end);
  });
}

/** Streams do not share their troubles: a key that is no stream holds back its own events. @throws when Redis is away. */
async function alone({ log }: AnnounceParts, { name }: Stream, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof ReplyError)) throw error;
    log.error({ err: error, stream: name }, 'Redis refuses events; a worker tries again');
  }
}

/** Appends up to 500 events that stand behind `end` in the log, and returns where the stream ends then. */
async function appendAfter(parts: AnnounceParts, stream: Stream, end: number, isFirst = false) {
  const events = await readStreamLog(parts.orm.em.fork(), stream.name, end, batch);
  if (events.length === 0) return undefined;
  const next = await append(parts.redis, stream, isFirst ? undefined : end, events, isFirst && end > 0);
  return next !== undefined && next > end ? next : undefined;
}

/**
 * Appends to each stream what it lacks of the log: what nobody has appended because its process died, what Redis forgot when
 * it was started again, and all that a stream may hold when Redis has lost it, or holds events that the log has lost. Workers do so;
 * two at once do no harm. Returns where the streams end in the log: of one that is `known` to be complete up to there, Redis is not
 * asked.
 */
export async function completeStreams(
  parts: AnnounceParts,
  signal: AbortSignal,
  known: ReadonlyMap<string, number> = new Map(),
): Promise<ReadonlyMap<string, number>> {
  const ends = await endsOfStreams(parts.orm.em.fork());
  await Promise.all(
    [...parts.streams.values()].map(async (stream) => {
      const logged = ends.get(stream.name);
      if (logged === undefined || logged === known.get(stream.name)) return;
      await alone(parts, stream, async () => {
        const end = (await endOfStream(parts.redis, stream)) ?? (await adopt(parts, stream));
        if (end === undefined || end < logged) await complete(parts, stream, end, signal);
        if (end !== undefined && end > logged && (await isBeyondLog(parts, stream)))
          await replace(parts, stream, signal);
      });
    }),
  );
  return ends;
}

/**
 * Whether a stream goes on where the log has ended: a replica that lacked the last commits has become the server, or the database is
 * another. Positions are committed before they are appended, so a log that is read after the stream and ends before it has lost some.
 */
async function isBeyondLog({ orm, redis }: AnnounceParts, stream: Stream): Promise<boolean> {
  const end = await endOfStream(redis, stream);
  const logged = (await endsOfStreams(orm.em.fork())).get(stream.name);
  return end !== undefined && logged !== undefined && end > logged;
}

/** The positions of what the log has lost are given again: with those events the stream would pass over what now bears them. */
async function replace(parts: AnnounceParts, stream: Stream, signal: AbortSignal): Promise<void> {
  parts.log.warn({ stream: stream.name }, 'the log has lost events that a stream holds; MySQL decides');
  await forget(parts, stream);
  await complete(parts, stream, undefined, signal);
}

async function forget({ redis }: AnnounceParts, stream: Stream): Promise<void> {
  await redis.del(stream.name, endKey(stream));
}

async function complete(parts: AnnounceParts, stream: Stream, from: number | undefined, signal: AbortSignal) {
  if (from === undefined) parts.log.warn({ stream: stream.name }, 'a stream is lost, and is built again from the log');
  let end = from ?? (await startOfStream(parts.orm.em.fork(), stream));
  for (let isFirst = from === undefined; !signal.aborted; isFirst = false) {
    const next = await appendAfter(parts, stream, end, isFirst).catch(async (error: unknown) => {
      // Somebody has put an entry of the future there. The stream goes, and the next look builds it again.
      if (error instanceof Error && error.message.includes('equal or smaller')) await forget(parts, stream);
      throw error;
    });
    if (next === undefined) return;
    end = next;
  }
}

/** Finds out how far a stream has come that has entries and no end: an earlier release has filled it. */
async function adopt({ orm, redis }: AnnounceParts, stream: Stream): Promise<number | undefined> {
  const entries = entriesOf(await redis.xrevrange(stream.name, '+', '-', 'COUNT', batch));
  const end = await lastPositionOf(
    orm.em.fork(),
    entries.map(({ eventId }) => eventId),
  );
  if (end !== undefined) await redis.set(endKey(stream), end, 'NX');
  return end;
}
