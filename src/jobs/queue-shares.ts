import { mostTold, type Share, type Shares, type Standing } from './shares.ts';

/** The places of a queue. In each of its shards tenants wait in a line of its own, and in all of them by the same shares. */
export type QueueShares = Readonly<{ of(shard: number): Shares }> &
  Readonly<{
    /** Who waits. */
    read(): Promise<Standing>;
    /** Gives places to those that have none, in every line. */
    place(): Promise<void>;
  }>;

/** What a queue's places are opened with. */
export type QueueSharing = Readonly<{
  /** How many shards it has, which may become more. */
  known(): number;
  open(shard: number): Shares;
  /** How many processes may add jobs to it. */
  countProducers(): Promise<number>;
}>;

/** Opens the places of a queue. */
export function openQueueShares({ known, open, countProducers }: QueueSharing): QueueShares {
  const opened: Shares[] = [];
  const of = (shard: number) => (opened[shard] ??= open(shard));
  const all = () => Array.from({ length: known() }, (_, shard) => of(shard));
  return {
    of,
    async place() {
      await Promise.all(all().map((line) => line.place()));
    },
    async read() {
      const processes = await countProducers();
      return together(await Promise.all(all().map((line) => line.read(processes))));
    },
  };
}

/** Who waits in several lines, which are served in turns. */
function together(lines: readonly Standing[]): Standing {
  const [only] = lines;
  if (lines.length === 1 && only) return only;
  const of = Map.groupBy(
    lines.flatMap(({ largest }) => largest),
    ({ tenant }) => tenant,
  );
  const largest = [...of].map(([tenant, parts]): Share => {
    const longest = Math.max(...parts.map(({ mostBefore }) => mostBefore));
    const waiting = parts.reduce((sum, part) => sum + part.waiting, 0);
    return { tenant, weight: parts[0]?.weight ?? 1, waiting, mostBefore: longest * lines.length };
  });
  return {
    // Each line names those that wait longest in it, and counts all of its own.
    tenants: Math.max(of.size, ...lines.map(({ tenants }) => tenants)),
    largest: largest.toSorted((one, other) => other.waiting - one.waiting).slice(0, mostTold),
  };
}
