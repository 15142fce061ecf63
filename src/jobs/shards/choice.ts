import { hash } from 'node:crypto';

/** One queue is no more of BullMQ's than these. */
export const mostShards = 16;

/**
 * What each shard's keys have in their prefix; the first has what the queue has always had, and finds there what waits already. On a
 * cluster it decides about the slot: of up to sixteen masters with equal parts of the slots, the first two shards are on different
 * ones, the first three are, and so on. Jobs wait under these names: none may ever change.
 */
const tags = ['', ...'-1c -2v -3v -4j -5nd -6df -7ah -8fp -9a -10bp -11k -12dr -13w -14de -15ak'.split(' ')];

/** What a shard's keys have in their prefix. */
export function tagOf(shard: number): string {
  return tags[shard] ?? `-${shard}`;
}

/** Of so many shards that in which jobs about `subject` wait, all of them; what is about nothing waits in the first. */
export function shardOf(subject: string | undefined, shards: number): number {
  // Four bytes of a hash are even enough, and the same in every process and release.
  return subject === undefined || shards === 1 ? 0 : Number.parseInt(hash('sha1', subject).slice(0, 8), 16) % shards;
}
