import type { JobType, RedisQueueBackend as Shard } from 'bullmq';
import { type Given, JobShards } from './job-shards.ts';
import { mergeIds, mergeMinutes, mergeTurns } from './merge.ts';

/** From which of a list on, to which, and which come first. Of a last one of -1, all do. */
export type Page = Readonly<{ start: number; end: number; isOldestFirst: boolean }>;

/** What is set for a queue and each shard gets its part of: so many jobs at once, and so many in a while. */
const divided: readonly string[] = ['concurrency', 'max'];

/** What is asked about the queue, or told it, is so for all shards. Schedules, events and deduplication are the first one's. */
export class QueueShards extends JobShards {
  override async pause(...of: Given<'pause'>) {
    await this.each((shard) => shard.pause(...of));
  }

  override async drain(...of: Given<'drain'>) {
    await this.each((shard) => shard.drain(...of));
  }

  override async obliterate(...of: Given<'obliterate'>) {
    return Math.max(...(await this.each((shard) => shard.obliterate(...of))));
  }

  override async retryFinishedJobs(...of: Given<'retryFinishedJobs'>) {
    return Math.max(...(await this.each((shard) => shard.retryFinishedJobs(...of))));
  }

  override async promoteJobs(...of: Given<'promoteJobs'>) {
    return Math.max(...(await this.each((shard) => shard.promoteJobs(...of))));
  }

  override async cleanJobsByState(...of: Given<'cleanJobsByState'>) {
    return (await this.each((shard) => shard.cleanJobsByState(...of))).flat();
  }

  override async removeOrphanedJobs(...of: Given<'removeOrphanedJobs'>) {
    return sum(await this.each((shard) => shard.removeOrphanedJobs(...of)));
  }

  override async trimEvents(...of: Given<'trimEvents'>) {
    return sum(await this.each((shard) => shard.trimEvents(...of)));
  }

  override async setRateLimit(...of: Given<'setRateLimit'>) {
    await this.each((shard) => shard.setRateLimit(...of));
  }

  override async removeRateLimitKey() {
    return sum(await this.each((shard) => shard.removeRateLimitKey()));
  }

  override async getRateLimitTtl(...[most]: Given<'getRateLimitTtl'>) {
    const part = most === undefined ? undefined : this.#partOf(most);
    const restsMs = await this.each((shard) => shard.getRateLimitTtl(part));
    // One without an end is longer than any other.
    return restsMs.includes(-1) ? -1 : Math.max(...restsMs);
  }

  override async isMaxed() {
    return (await this.each((shard) => shard.isMaxed())).every(Boolean);
  }

  override async setQueueMeta(...[values]: Given<'setQueueMeta'>) {
    const own: Record<string, string | number> = {};
    for (const [field, value] of Object.entries(values))
      own[field] = divided.includes(field) ? this.#partOf(Number(value)) : value;
    return sum(await this.each((shard) => shard.setQueueMeta(own)));
  }

  override async removeQueueMetaFields(...of: Given<'removeQueueMetaFields'>) {
    return sum(await this.each((shard) => shard.removeQueueMetaFields(...of)));
  }

  override async hasQueueMetaField(...of: Given<'hasQueueMetaField'>) {
    return (await this.each((shard) => shard.hasQueueMetaField(...of))).includes(true);
  }

  override async getQueueMetaField(...[field]: Given<'getQueueMetaField'>) {
    return (await this.getQueueMetaFields([field]))[0] ?? null;
  }

  override async getQueueMetaFields(...[fields]: Given<'getQueueMetaFields'>) {
    const each = await this.each((shard) => shard.getQueueMetaFields(fields));
    return fields.map((field, index) => {
      const values = each.map((some) => some[index] ?? null);
      const isWhole = !divided.includes(field) || values.includes(null);
      return isWhole ? (values[0] ?? null) : String(sum(values.map(Number)));
    });
  }

  override async getCounts(...of: Given<'getCounts'>) {
    return sums(await this.each((shard) => shard.getCounts(...of)));
  }

  override async getCountsPerPriority(...of: Given<'getCountsPerPriority'>) {
    return sums(await this.each((shard) => shard.getCountsPerPriority(...of)));
  }

  override async getMetrics(...[type, start = 0, end = -1]: Given<'getMetrics'>) {
    const [meta, perMinute, minutes] = mergeMinutes(await this.each((shard) => shard.getMetrics(type)));
    const page = perMinute.slice(start, end === -1 ? undefined : end + 1);
    return [meta, page, minutes] satisfies Awaited<ReturnType<JobShards['getMetrics']>>;
  }

  /** Ids of jobs in each of some states, one after the other; what several shards hold, by age, and by turns from where it is fetched. */
  async list(types: readonly JobType[], { start, end, isOldestFirst }: Page): Promise<readonly string[]> {
    const listed = await this.each(async (shard) => {
      const lists: readonly (readonly string[])[] = await shard.getRanges([...types], 0, end, isOldestFirst);
      for (const id of lists.flat()) this.note(id, shard);
      return lists;
    });
    const count = end === -1 ? Number.POSITIVE_INFINITY : end + 1;
    const all = types.flatMap((type, index) => {
      // Lists that BullMQ reads from their end come the wrong way round.
      const isTurned = isOldestFirst && listTypes.has(type);
      const lists = listed.map((some) => (isTurned ? (some[index] ?? []).toReversed() : (some[index] ?? [])));
      const areTurns = isOldestFirst && type === 'prioritized';
      const merged = areTurns ? mergeTurns(lists, count) : mergeIds(lists, { count, isOldestFirst });
      return merged.slice(start);
    });
    return [...new Set(all)];
  }

  /** Ids of jobs that each shard is asked for; it is known from then on where they are. */
  async gather(ask: (shard: Shard) => Promise<readonly string[]>): Promise<readonly string[]> {
    const gathered = await this.each(async (shard) => {
      const ids = await ask(shard);
      for (const id of ids) this.note(id, shard);
      return ids;
    });
    return gathered.flat();
  }

  #partOf(whole: number): number {
    return Math.max(Math.min(whole, 1), Math.floor(whole / this.shards().length));
  }
}

const listTypes: ReadonlySet<JobType> = new Set(['active', 'wait', 'waiting']);

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

/** Place by place. */
function sums(rows: readonly (readonly number[])[]): number[] {
  return (rows[0] ?? []).map((_, place) => sum(rows.map((row) => row[place] ?? 0)));
}
