import type { EntityManager } from '@mikro-orm/mysql';
import { textOf } from '../mysql/values.ts';
import { type Numbered, tablesOf, type Unnumbered } from './numbering.ts';

/** Where an event stands in the log, if anywhere; `previous` is told of the first of each stream. */
export type PositionedRow = Readonly<
  { id: string; version: number } & Record<'position' | 'entry_ms' | 'previous', string | number | null>
>;

/** A statement that tells where events stand, and what stands before the first of each stream. */
export function askForPositions(em: EntityManager, events: readonly Unnumbered[]): string {
  const { log } = tablesOf(em);
  const text = textOf(em);
  const listOf = (some: readonly Unnumbered[]) => some.map(({ id }) => text(id)).join(', ');
  const firsts = [...Map.groupBy(events, ({ stream }) => stream).values()].flatMap(([first]) => first ?? []);
  return `select e.id, e.version, e.position, e.entry_ms, if(e.id in (${listOf(firsts)}),
       (select max(p.position) from ${log} p where p.stream = e.stream and p.position < e.position), null) as previous
     from ${log} e force index (primary) where e.id in (${listOf(events)})`;
}

/** Events, in the order of their positions, with what was told of them; undefined when one of them has no position. */
export function positionedBy(
  rows: readonly PositionedRow[],
  events: readonly Unnumbered[],
): readonly Numbered[] | undefined {
  const told = new Map(rows.map((row) => [row.id, row]));
  const reached = new Map<string, number>();
  const placed = events.flatMap((event): Numbered[] => {
    const { position, entry_ms: entryMs, version, previous } = told.get(event.id) ?? {};
    if (!position || !entryMs || !version) return [];
    const before = reached.get(event.stream) ?? (previous ? Number(previous) : undefined);
    reached.set(event.stream, Number(position));
    return [{ ...event, version, position: Number(position), entryMs: Number(entryMs), previous: before }];
  });
  return placed.length === events.length ? placed : undefined;
}
