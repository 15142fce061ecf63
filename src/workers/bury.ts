import { randomUUIDv7 } from 'node:crypto';
import { UniqueConstraintViolationException } from '@mikro-orm/mysql';
import type { Context } from '../context.ts';
import { DeadLetter } from '../entities/dead-letter.entity.ts';
import { readablePayload } from '../jobs/stored-job.ts';

type Dead = Readonly<{ id?: string; name: string; data: unknown; attemptsMade: number }>;

/** Keeps a job that has given up in MySQL, once; Redis forgets it after a day. It never throws: the job has failed anyway. */
export async function bury({ orm, now, log }: Context, dead: Dead, reason: Error): Promise<void> {
  const letter = {
    id: randomUUIDv7(),
    kind: dead.name.slice(0, 100),
    jobId: (dead.id ?? '').slice(0, 191),
    reason: `${reason.name}: ${reason.message}`.slice(0, 1_000),
    attempts: dead.attemptsMade + 1,
    diedAt: now(),
  };
  try {
    await orm.em.fork().insert(DeadLetter, { ...letter, payload: readablePayload(textOf(dead.data)) });
  } catch (error) {
    // Giving up twice is one letter.
    if (error instanceof UniqueConstraintViolationException) return;
    log.error({ err: error, letter }, 'dead letter: MySQL is away; the job stands here and in Redis');
  }
}

function textOf(data: unknown): string {
  try {
    return JSON.stringify(data) ?? 'null';
  } catch {
    return '"[a payload nested too deeply to be kept]"';
  }
}
