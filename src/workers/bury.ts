import type { Context } from '../context.ts';
import { keepLetter } from '../jobs/keep-letter.ts';

type Dead = Readonly<{ id?: string; name: string; data: unknown; attemptsMade: number }>;

/** Keeps a job that has given up in MySQL, once; Redis forgets it after a day. It never throws: the job has failed anyway. */
export async function bury({ orm, now, log }: Context, dead: Dead, reason: Error): Promise<void> {
  const told = {
    kind: dead.name,
    jobId: dead.id ?? '',
    reason: `${reason.name}: ${reason.message}`,
    attempts: dead.attemptsMade + 1,
    diedAt: now(),
  };
  try {
    await keepLetter(orm.em.fork(), { ...told, payload: dead.data });
  } catch (error) {
    log.error({ err: error, letter: told }, 'dead letter: MySQL is away; the job stands here and in Redis');
  }
}
