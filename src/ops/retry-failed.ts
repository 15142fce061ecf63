import {
  type EntityManager,
  type InferEntity,
  LockMode,
  type MikroORM,
  UniqueConstraintViolationException,
} from '@mikro-orm/mysql';
import { DeadLetter } from '../entities/ops.entity.ts';
import { Problem } from '../errors.ts';
import type { Producer } from '../jobs/enqueue.ts';
import { type FoundJob, isOvertaken, startAnew } from '../jobs/find-jobs.ts';
import type { Transaction } from '../outbox/transaction.ts';
import { within } from '../process/deadline.ts';
import type { Redis } from '../redis/client.ts';

type Needs = Readonly<{ jobs: Producer; orm: MikroORM; redis: Redis; transaction: Transaction }>;
type Job = FoundJob['job'];
type Letter = InferEntity<typeof DeadLetter>;

const deadlineMs = 1_500;

/**
 * Gives a job that has failed for good all its attempts again, and takes its dead letter back, so that nobody replays what runs
 * again. @throws Problem job_not_failed when it has been replayed, job_moved when it is gone or has been taken up.
 */
export async function retryFailed(needs: Needs, job: Job): Promise<void> {
  const id = job.id ?? '';
  // Before it runs again, so that failing once more is a new letter.
  const letter = await needs.transaction((tx) => takeLetter(tx, id));
  try {
    await within(deadlineMs, 'Redis', startAnew(needs.redis, needs.jobs, job));
  } catch (error) {
    if (letter && !(await hasGoneOn(needs, job))) await putBack(needs, letter);
    if (!isOvertaken(error)) throw error;
    throw new Problem('job_moved', 'The job is gone, or has been taken up meanwhile.', { cause: error });
  }
}

async function takeLetter(tx: EntityManager, jobId: string): Promise<Letter | null> {
  const letter = await tx.findOne(
    DeadLetter,
    { jobId },
    { lockMode: LockMode.PESSIMISTIC_WRITE, disableIdentityMap: true },
  );
  if (letter?.replayedAt)
    throw new Problem('job_not_failed', `It has been replayed already, as the job ${letter.replayJobId ?? 'unknown'}.`);
  await tx.nativeDelete(DeadLetter, { jobId });
  return letter;
}

/** Whether it is no longer one that has failed: somebody else has had it tried again. False where Redis does not say. */
async function hasGoneOn({ jobs }: Needs, { queueName, id = '' }: Job): Promise<boolean> {
  const state = await within(deadlineMs, 'Redis', Promise.resolve(jobs.queues.get(queueName)?.getJobState(id))).catch(
    () => 'unknown',
  );
  return state !== 'failed' && state !== 'unknown';
}

async function putBack({ orm }: Needs, letter: Letter): Promise<void> {
  try {
    await orm.em.fork().insert(DeadLetter, letter);
  } catch (error) {
    // It has failed again meanwhile, and has a letter that is newer.
    if (!(error instanceof UniqueConstraintViolationException)) throw error;
  }
}
