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

type LetterRow = InferEntity<typeof DeadLetter>;

const pageSize = 100;
// Letters that cannot be replayed stay the oldest; so many of them may stand before one that can.
const mostPages = 20;

/**
 * Gives dead jobs another chance: a new job each, and the letter is marked, in one transaction, so that each is replayed
 * once whoever asks how often. Kinds that are no longer defined, and payloads that do not fit, are left where they are, and
 * keep no other from its chance.
 */
export async function replayDead(tx: EntityManager, after: AfterCommit, wish: ReplayWish) {
  const { ids, kind, before, dry_run, limit, jobs, at } = wish;
  const where: FilterQuery<LetterRow> = {
    replayedAt: null,
    kind: { $in: kind === undefined ? [...jobs.keys()] : jobs.has(kind) ? [kind] : [] },
    ...(ids === undefined ? {} : { id: { $in: [...ids] } }),
    ...(before === undefined ? {} : { diedAt: { $lt: new Date(before) } }),
  };
  const matching = await tx.count(DeadLetter, where);
  const data: { id: string; kind: string; job_id: string | null }[] = [];
  for await (const { id, kind: name, payload: text } of oldestFirst(tx, where)) {
    const job = jobs.get(name);
    // A payload that no longer fits its kind would only die again.
    const payload = job?.payload.safeParse(payloadOf(text));
    if (!job || !payload?.success) continue;
    const jobId = dry_run ? null : after.enqueue(job, payload.data);
    if (jobId !== null) await tx.nativeUpdate(DeadLetter, { id }, { replayedAt: at, replayJobId: jobId });
    data.push({ id, kind: name, job_id: jobId });
    if (data.length === limit) break;
  }
  return { dry_run, matching, data };
}

/** The letters, each locked before it is looked at. */
async function* oldestFirst(tx: EntityManager, where: FilterQuery<LetterRow>): AsyncGenerator<LetterRow> {
  let last = '';
  for (let count = 0; count < mostPages; count += 1) {
    const page = await tx.find(
      DeadLetter,
      { $and: [where, { id: { $gt: last } }] },
      { lockMode: LockMode.PESSIMISTIC_WRITE, orderBy: { id: 'asc' }, limit: pageSize, disableIdentityMap: true },
    );
    yield* page;
    last = page.at(-1)?.id ?? last;
    if (page.length < pageSize) return;
  }
}

/** The payload that a letter keeps; a sentence where its text has been cut, as it was before letters had marks for that. */
export function payloadOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return '[a payload that was cut]';
  }
}
