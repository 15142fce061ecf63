import { randomUUIDv7 } from 'node:crypto';
import type { Context } from '../context.ts';
import { DeadLetter } from '../entities/dead-letter.entity.ts';

type Dead = Readonly<{ id?: string; name: string; data: unknown; attemptsMade: number }>;

/** Keeps a job that has given up in MySQL, once; Redis forgets it after a day. It never throws: the job has failed anyway. */
export async function bury({ orm, now, log }: Context, dead: Dead, reason: Error): Promise<void> {
  const letter = {
    id: randomUUIDv7(),
    kind: dead.name,
    jobId: dead.id ?? '',
    payload: JSON.stringify(dead.data) ?? 'null',
    reason: `${reason.name}: ${reason.message}`.slice(0, 1_000),
    attempts: dead.attemptsMade + 1,
    diedAt: now(),
  };
  try {
    await orm.em.fork().upsert(DeadLetter, letter, { onConflictFields: ['jobId'], onConflictAction: 'ignore' });
  } catch (error) {
    log.error({ err: error, letter }, 'dead letter: MySQL is away; the job stands here and in Redis');
  }
}
