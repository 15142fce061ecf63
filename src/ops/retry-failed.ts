import { type EntityManager, type InferEntity, LockMode } from '@mikro-orm/mysql';
import { DeadLetter } from '../entities/ops.entity.ts';
import { Problem } from '../errors.ts';
import type { Producer } from '../jobs/enqueue.ts';
import { type FoundJob, isOvertaken, startAnew } from '../jobs/find-jobs.ts';
import type { Definitions } from '../jobs/load-definitions.ts';
import type { Transaction } from '../outbox/transaction.ts';
import { within } from '../process/deadline.ts';
import type { Redis } from '../redis/client.ts';
import { wantAgain, type Wishes } from './want-again.ts';

type Parts = Readonly<{
  jobs: Producer & Readonly<{ definitions: Pick<Definitions, 'jobs'> }>;
  market: Wishes;
  redis: Redis;
  transaction: Transaction;
}>;
type Job = FoundJob['job'];
type Letter = InferEntity<typeof DeadLetter>;

const deadlineMs = 1_500;

/**
 * Gives a job that has failed for good all its attempts again, and takes its dead letter back, so that nobody replays what runs
 * again. @throws Problem job_not_failed when it has been replayed, job_moved when it is gone or has been taken up, market_busy when it
 * is a fetch and too many wait.
 */
export async function retryFailed(parts: Parts, job: Job): Promise<void> {
  let tried: (Tried & Readonly<{ letter: Letter | null }>) | undefined;
  // Its letter is locked until Redis has answered, and gone no earlier: a process that ends here leaves it. So nobody replays the job
  // meanwhile, and should it fail once more at once, that letter waits for the end of this one.
  const { error } = await parts.transaction(async (tx) => {
    const letter = await lockLetter(tx, job.id ?? '');
    // Once, also where the transaction runs again.
    tried ??= { letter, ...(await tryAnew(parts, job)) };
    if (tried.letter && tried.goesOn)
      await tx.nativeDelete(DeadLetter, { id: tried.letter.id, diedAt: tried.letter.diedAt });
    return tried;
  });
  if (error === undefined) return;
  if (!isOvertaken(error)) throw error;
  throw new Problem('job_moved', 'The job is gone, or has been taken up meanwhile.', { cause: error });
}

async function lockLetter(tx: EntityManager, jobId: string): Promise<Letter | null> {
  const letter = await tx.findOne(
    DeadLetter,
    { jobId },
    { lockMode: LockMode.PESSIMISTIC_WRITE, disableIdentityMap: true },
  );
  if (letter?.replayedAt)
    throw new Problem('job_not_failed', `It has been replayed already, as the job ${letter.replayJobId ?? 'unknown'}.`);
  return letter;
}

/** Whether the job is no longer one that has failed, and what kept it from being tried by us. */
type Tried = Readonly<{ goesOn: boolean; error?: Error }>;

async function tryAnew(parts: Parts, job: Job): Promise<Tried> {
  try {
    await within(deadlineMs, 'Redis', wantAndStart(parts, job));
    return { goesOn: true };
  } catch (error) {
    const reason = error instanceof Error ? error : new Error(String(error));
    return { goesOn: await hasGoneOn(parts, job), error: reason };
  }
}

async function wantAndStart({ jobs, market, redis }: Parts, job: Job): Promise<void> {
  await wantAgain(market, jobs.definitions.jobs.get(job.name), job.data);
  await startAnew(redis, jobs, job);
}

/** Whether somebody else has had it tried again, or we did and were not told. False where Redis does not say. */
async function hasGoneOn({ jobs }: Parts, { queueName, id = '' }: Job): Promise<boolean> {
  const state = await within(deadlineMs, 'Redis', Promise.resolve(jobs.queues.get(queueName)?.getJobState(id))).catch(
    () => 'unknown',
  );
  return state !== 'failed' && state !== 'unknown';
}
