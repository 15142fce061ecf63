import type { EntityManager } from '@mikro-orm/mysql';
import { choose, parseMoment, textOf, type ValueText } from '../mysql/values.ts';
import type { LoggedEvent } from '../streams/append.ts';
import { numberWritten } from './number-written.ts';
import { byVersion, type Numbered, type Numbering, tablesOf } from './numbering.ts';

/** One that has been read. */
type Waiting = Omit<LoggedEvent, 'position' | 'entryMs'>;

/** The most events that are given positions at once. */
export const mostNumbered = 500;

/** Where the log ends, and each stream in it. */
type End = Readonly<{ last: number; lastMs: number; ends: ReadonlyMap<string, number> }>;
type EndRow = Readonly<{ log_position: string; log_ms: string; [end: `end_${number}`]: string | null }>;

// Then those who are quicker would be so again: they give positions one after the other, without looking what the log ends with.
const mostTries = 5;

/**
 * Gives positions to events that have been committed without one, 500 at the most, and returns them in that order: a
 * transaction's as it wrote them, a subject's by their versions; and whether more of them wait. Any number of processes may
 * do so at once: one of them moves the end of the log on, and the others look again. What still waits after some looks, although the end
 * was moved each time, is left by all others, and is given positions wherever the end is by then.
 */
export async function numberEvents(
  numbering: Numbering,
): Promise<Readonly<{ events: readonly Numbered[]; isMore: boolean }>> {
  let [tries, left] = [0, new Set<string>()];
  for (;;) {
    const { events, end, isMore } = await findNext(numbering);
    if (!end) return { events: [], isMore: false };
    const given = await moveEnd(numbering, byVersion(events), end);
    if (given) return { events: given, isMore };
    const still = events.filter(({ id }) => left.has(id));
    tries = still.length > 0 ? tries + 1 : 1;
    left = new Set((still.length > 0 ? still : events).map(({ id }) => id));
    if (tries < mostTries) continue;
    const placed = await numberWritten(numbering, still);
    if (placed) return { events: placed, isMore: true };
  }
}

/** What is to be given positions next, where the log ends, and whether more may wait. */
async function findNext(numbering: Numbering) {
  const found = await find(numbering, 'e.id');
  const isMore = found.events.length === mostNumbered;
  const complete = isMore ? await withoutLater(numbering.em, found.events) : found.events;
  if (complete.length > 0 || !isMore) return { ...found, events: complete, isMore };
  // Where clocks are so far apart that nothing which comes first is among them, versions alone say what does.
  return { ...(await find(numbering, 'e.version, e.id')), isMore };
}

type Found = Waiting & EndRow & Readonly<{ at: string }>;

async function find({ em, streams }: Numbering, order: 'e.id' | 'e.version, e.id') {
  const { log, end } = tablesOf(em);
  const rows = await em.execute<Found[]>(
    `select ${endColumns(log, streams)}, e.id, e.stream, e.type, e.subject, e.version, e.\`schema\`, e.data, e.trace, e.at
     from ${end} n join ${log} e on e.position is null
     where n.id = 1 order by ${order} limit ${mostNumbered}`,
    [...streams],
  );
  const events = rows.map(({ id, stream, type, subject, version, schema, data, trace, at }): Waiting => {
    return { id, stream, type, subject, version, schema, time: parseMoment(at).toISOString(), data, trace };
  });
  return { events, end: rows[0] && endOf(rows[0], streams) };
}

// Servers read the end of one stream off its index before they begin; those of all, joined, they would collect first.
function endColumns(log: string, streams: readonly string[]): string {
  const ends = streams.map((_, index) => `(select max(position) from ${log} where stream = ?) as end_${index}`);
  return [...ends, 'n.position as log_position', 'n.entry_ms as log_ms'].join(', ');
}

function endOf(row: EndRow, streams: readonly string[]): End {
  const ends = streams.flatMap((stream, index): [string, number][] => {
    const end = row[`end_${index}`];
    return end === null || end === undefined ? [] : [[stream, Number(end)]];
  });
  return { last: Number(row.log_position), lastMs: Number(row.log_ms), ends: new Map(ends) };
}

type EventKey = Pick<Waiting, 'stream' | 'subject' | 'version'>;

function keyOf({ stream, subject, version }: EventKey): string {
  return `${stream} ${subject} ${version}`;
}

function listOf(keys: readonly EventKey[], text: ValueText): string {
  return keys.map(({ stream, subject, version }) => `(${[stream, subject, version].map(text).join(', ')})`).join(', ');
}

/** What comes before these events and is not among them. */
function precedingOf(events: readonly Waiting[]): readonly EventKey[] {
  const among = new Set(events.map(keyOf));
  return events.flatMap(({ stream, subject, version }) => {
    const before = { stream, subject, version: version - 1 };
    return version === 1 || among.has(keyOf(before)) ? [] : [before];
  });
}

/**
 * Those whose subject has no earlier event that waits outside of them. Whoever sees an event sees those before it, because a
 * subject's events commit in their order: as long as all that waits has been found, nothing waits outside.
 */
async function withoutLater(em: EntityManager, found: readonly Waiting[]): Promise<readonly Waiting[]> {
  const { log } = tablesOf(em);
  const preceding = precedingOf(found);
  if (preceding.length === 0) return found;
  const waiting = await em.execute<EventKey[]>(
    `select stream, subject, version from ${log}
     where position is null and (stream, subject, version) in (${listOf(preceding, textOf(em))})`,
  );
  const absent = new Set(waiting.map(keyOf));
  const isLater = (event: EventKey) => absent.has(keyOf({ ...event, version: event.version - 1 }));
  for (const event of found.toSorted((one, other) => one.version - other.version))
    if (isLater(event)) absent.add(keyOf(event));
  return found.filter((event) => !absent.has(keyOf(event)));
}

/** One statement, so that the end moves with all of them or not at all; then undefined. */
async function moveEnd(
  { em, now }: Numbering,
  events: readonly Waiting[],
  { last, lastMs, ends }: End,
): Promise<readonly Numbered[] | undefined> {
  const { log, end } = tablesOf(em);
  const text = textOf(em);
  const entryMs = Math.max(now.getTime(), lastMs);
  const positions = events.map(({ id }, index) => [id, last + 1 + index] as const);
  const { affectedRows } = await em.execute<{ affectedRows: number }>(
    `update ${end} n join ${log} e force index (primary) on e.id in (${events.map(({ id }) => text(id)).join(', ')})
     set n.position = ${last + events.length}, n.entry_ms = ${entryMs}, e.entry_ms = ${entryMs},
       e.position = ${choose('e.id', positions, text)}
     where n.id = 1 and n.position = ${last} and e.position is null`,
    [],
    'run',
  );
  if (affectedRows !== events.length + 1) return undefined;
  const reached = new Map(ends);
  return events.map((event, index) => {
    const position = last + 1 + index;
    const previous = reached.get(event.stream);
    reached.set(event.stream, position);
    return { ...event, position, entryMs, previous };
  });
}
