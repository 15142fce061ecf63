import type { History } from './history.ts';
import type { Row } from './mysql/tables.ts';

/** Whoever follows a stream from its beginning: each entry that comes after the last one they have seen. */
export function follow({ servers: { keyspace } }: History, stream: string) {
  const seen: Readonly<{ entry: string; id: string }>[] = [];
  return {
    seen,
    look() {
      const entries = keyspace.stream(stream);
      const last = seen.at(-1);
      if (entries.at(-1)?.[0] === last?.entry) return;
      for (const [entry, fields] of entries)
        if (!last || isLater(entry, last.entry)) seen.push({ entry, id: fieldOf(fields, 'id') });
    },
  };
}

function isLater(one: string, other: string): boolean {
  const [[aMs = 0, a = 0], [bMs = 0, b = 0]] = [one.split('-').map(Number), other.split('-').map(Number)];
  return aMs > bMs || (aMs === bMs && a > b);
}

function fieldOf(fields: readonly string[], name: string): string {
  return fields[fields.indexOf(name) + 1] ?? '';
}

/** What must not be of the log, of a stream, and of what was seen by whoever followed it. */
export function violationsOfLog(
  { ground: { engine }, servers: { keyspace } }: History,
  stream: string,
  seen: readonly Readonly<{ entry: string; id: string }>[],
): readonly string[] {
  const log = engine.rows('event_log').toSorted((one, other) => Number(one['position']) - Number(other['position']));
  const ids = log.map(({ id }) => String(id));
  const told = keyspace.stream(stream);
  return [
    ...log.flatMap(({ position, id }, index) =>
      position === index + 1 ? [] : [`the event ${id} stands at ${position}, not ${index + 1}`],
    ),
    ...versionFaults(log),
    ...differences(
      'the stream',
      ids,
      told.map(([, fields]) => fieldOf(fields, 'id')),
    ),
    ...differences(
      'the follower',
      ids,
      seen.map(({ id }) => id),
    ),
    ...told.flatMap(([entry], index) => {
      const row = log[index];
      const own = `${row?.['entry_ms']}-${row?.['position']}`;
      return entry === own ? [] : [`the entry ${entry} stands for ${own}`];
    }),
  ];
}

/** A subject's events are numbered without gaps, in the order of the log. */
function versionFaults(log: readonly Row[]): readonly string[] {
  return [...Map.groupBy(log, ({ subject }) => subject)].flatMap(([subject, events]) => {
    const versions = events.map(({ version }) => Number(version));
    return versions.every((version, index) => version === index + 1)
      ? []
      : [`the versions of ${subject} are ${versions.join(', ')}`];
  });
}

function differences(whose: string, ids: readonly string[], found: readonly string[]): readonly string[] {
  if (ids.join() === found.join()) return [];
  const lost = ids.filter((id) => !found.includes(id)).length;
  const twice = found.length - new Set(found).size;
  return [`${whose} has ${found.length} events of ${ids.length}: ${lost} lost, ${twice} twice, or in another order`];
}
