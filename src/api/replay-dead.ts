import { type EntityManager, type FilterQuery, type InferEntity, LockMode } from '@mikro-orm/mysql';
import { DeadLetter } from '../entities/dead-letter.entity.ts';
import type { Definitions } from '../load-definitions.ts';
import type { AfterCommit } from '../outbox/after-commit.ts';

/** Which dead letters are meant, and how many at the most. */
export type ReplayWish = Readonly<{
  ids?: readonly string[] | undefined;
  kind?: string | undefined;
  before?: string | undefined;
  dry_run: boolean;
  limit: number;
  jobs: Definitions['jobs'];
  at: Date;
}>;

/**
 * Gives dead jobs another chance: a new job each, and the letter is marked, in one transaction, so that each is replayed
 * once whoever asks how often. Kinds that are no longer defined, and
 * payloads that no longer fit, are left.
 */
export async function replayDead(tx: EntityManager, after: AfterCommit, wish: ReplayWish) {
  const { ids, kind, before, dry_run, limit, jobs, at } = wish;
  const where: FilterQuery<InferEntity<typeof DeadLetter>> = {
    replayedAt: null,
    kind: { $in: kind === undefined ? [...jobs.keys()] : jobs.has(kind) ? [kind] : [] },
    ...(ids === undefined ? {} : { id: { $in: [...ids] } }),
    ...(before === undefined ? {} : { diedAt: { $lt: new Date(before) } }),
  };
  const matching = await tx.count(DeadLetter, where);
  const letters = await tx.find(DeadLetter, where, {
    lockMode: LockMode.PESSIMISTIC_WRITE,
    orderBy: { id: 'asc' },
    limit,
    disableIdentityMap: true,
  });
  const data: { id: string; kind: string; job_id: string | null }[] = [];
  for (const { id, kind: name, payload: text } of letters) {
    const job = jobs.get(name);
    // A payload that no longer fits its kind would only die again.
    const payload = job?.payload.safeParse(JSON.parse(text));
    if (!job || !payload?.success) continue;
    const jobId = dry_run ? null : after.enqueue(job, payload.data);
    if (jobId !== null) await tx.nativeUpdate(DeadLetter, { id }, { replayedAt: at, replayJobId: jobId });
    data.push({ id, kind: name, job_id: jobId });
  }
  return { dry_run, matching, data };
}
