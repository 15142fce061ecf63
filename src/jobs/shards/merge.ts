/** Ids of jobs that one shard lists in an order by age. */
type Ids = readonly string[];

/**
 * The first so many of several lists as one list: each stays in its own order, and of their next ones the oldest comes first, or the
 * newest. Ids are UUIDv7, which begin with their time.
 */
export function mergeIds(
  lists: readonly Ids[],
  { count, isOldestFirst }: Readonly<{ count: number; isOldestFirst: boolean }>,
) {
  const left = lists.map((ids) => ({ ids, at: 0 }));
  const merged: string[] = [];
  while (merged.length < count) {
    const next = left
      .filter(({ ids, at }) => at < ids.length)
      .reduce<(typeof left)[number] | undefined>((first, list) => {
        if (first === undefined) return list;
        const isBefore = (list.ids[list.at] ?? '') < (first.ids[first.at] ?? '');
        return isBefore === isOldestFirst ? list : first;
      }, undefined);
    if (next === undefined) break;
    merged.push(next.ids[next.at] ?? '');
    next.at += 1;
  }
  return merged;
}

/** The first so many of several lists that are served in turns: the first of each, the oldest of them first, then the next of each. */
export function mergeTurns(lists: readonly Ids[], count: number): string[] {
  const turns = Math.min(count, Math.max(0, ...lists.map(({ length }) => length)));
  const merged = Array.from({ length: turns }, (_, turn) => lists.flatMap((ids) => ids[turn] ?? []).toSorted());
  return merged.flat().slice(0, count);
}

/** What BullMQ counts of a queue: how many in all, in which minute the last was counted and how many then; and by minutes, newest first. */
export type Minutes = [meta: string[], perMinute: string[], minutes: number];

const minuteMs = 60_000;

/** What several shards have counted, together. */
export function mergeMinutes(of: readonly Minutes[]): Minutes {
  const lastMs = Math.max(...of.map(([[, atMs]]) => Number(atMs ?? 0)));
  const perMinute: number[] = [];
  for (const [[, atMs], counts] of of) {
    // A shard that has been quiet for a while has counted nothing since: its newest minute is an older one.
    const behind = Math.floor(lastMs / minuteMs) - Math.floor(Number(atMs ?? 0) / minuteMs);
    if (counts.length === 0) continue;
    for (const [minute, count] of counts.entries())
      perMinute[minute + behind] = (perMinute[minute + behind] ?? 0) + Number(count);
  }
  const sumOf = (place: number) => String(of.reduce((sum, [meta]) => sum + Number(meta[place] ?? 0), 0));
  const filled = Array.from(perMinute, (count) => String(count ?? 0));
  return [[sumOf(0), String(lastMs), sumOf(2)], filled, filled.length];
}
