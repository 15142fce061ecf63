import { randomUUID } from 'node:crypto';
import type { EntityManager } from '@mikro-orm/mysql';
import { together } from '../mysql/pipeline.ts';
import { choose, textOf } from '../mysql/values.ts';
import { askForPositions, positionedBy, type PositionedRow } from './positions.ts';
import { byVersion, type Numbered, type Numbering, subjectOf, tablesOf, type Unnumbered } from './numbering.ts';

/**
 * Gives positions to events that this process has just committed, and returns them in that order; undefined when that is for
 * `numberEvents`: another process has given some of them, or something that comes before one of them waits. It reads
 * no more of the log than those events, however much of it MySQL has not tidied up yet, and goes there and back once.
 */
export async function numberWritten(
  { em, now }: Pick<Numbering, 'em' | 'now'>,
  events: readonly Unnumbered[],
): Promise<readonly Numbered[] | undefined> {
  if (!areInOrder(events)) return undefined;
  const next = byVersion(events);
  const answers = await em.execute<readonly PositionedRow[][]>(together(statementsFor(em, next, now)));
  const placed = positionedBy(answers.at(-1) ?? [], next);
  // Between positions that others have given may stand events of others.
  const first = placed?.[0]?.position ?? 0;
  return placed?.every(({ position }, index) => position === first + index) ? placed : undefined;
}

/** Whether it is known in which order those of one subject come. */
function areInOrder(events: readonly Unnumbered[]): boolean {
  const isKnown = (some: readonly Unnumbered[]) => some.every(({ version }) => version !== undefined);
  return [...Map.groupBy(events, subjectOf).values()].every((some) => some.length === 1 || isKnown(some));
}

/**
 * One transaction that moves the end of the log on by these events, as long as all of them wait and nothing that comes before
 * them, and gives them its positions; then where they stand. Who has moved the end is told by a token: whoever has not gives none.
 */
function statementsFor(em: EntityManager, events: readonly Unnumbered[], now: Date): readonly string[] {
  const { log, end } = tablesOf(em);
  const text = textOf(em);
  const token = text(randomUUID());
  const ids = events.map(({ id }) => text(id)).join(', ');
  const unnumbered = `(select count(*) from ${log} force index (primary) where id in (${ids}) and position is null)`;
  const preceding = `(select 1 from ${log} e force index (primary)
       join ${log} b force index (event_log_stream_subject_version_unique)
         on b.stream = e.stream and b.subject = e.subject and b.version = e.version - 1
       where e.id in (${ids}) and b.position is null and b.id not in (${ids}))`;
  const fromEnd = events.map(({ id }, index) => [id, events.length - 1 - index] as const);
  return [
    'begin',
    // Alone, and first: the next statement would count what waits before it has waited for others, who may have numbered some of it.
    `select id from ${end} where id = 1 for update`,
    `update ${end} set position = position + ${events.length}, entry_ms = greatest(entry_ms, ${now.getTime()}), claim = ${token}
     where id = 1 and ${unnumbered} = ${events.length} and not exists ${preceding}`,
    `update ${log} e force index (primary) join ${end} n on n.id = 1 and n.claim = ${token}
     set e.position = n.position - ${choose('e.id', fromEnd, text)}, e.entry_ms = n.entry_ms
     where e.id in (${ids}) and e.position is null`,
    'commit',
    askForPositions(em, events),
  ];
}
