import { randomUUIDv7 } from 'node:crypto';
import { type EntityManager, UniqueConstraintViolationException } from '@mikro-orm/mysql';
import { DeadLetter } from '../entities/dead-letter.entity.ts';
import { readablePayload } from './stored-job.ts';

/** What has given up: the job, its payload, and why. */
export type Letter = Readonly<{
  kind: string;
  jobId: string;
  payload: unknown;
  reason: string;
  attempts: number;
  diedAt: Date;
}>;

/** Keeps a dead letter: one a job, however often it is kept, and nothing of it cut without a mark. */
export async function keepLetter(em: EntityManager, letter: Letter): Promise<void> {
  const { kind, jobId, payload, reason, ...rest } = letter;
  const texts = { kind: cut(kind, 100), jobId: cut(jobId, 191), reason: cut(reason, 1_000) };
  try {
    await em.insert(DeadLetter, { id: randomUUIDv7(), ...rest, ...texts, payload: readablePayload(textOf(payload)) });
  } catch (error) {
    if (!(error instanceof UniqueConstraintViolationException)) throw error;
  }
}

function cut(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

function textOf(payload: unknown): string {
  try {
    return JSON.stringify(payload) ?? 'null';
  } catch {
    return '"[a payload nested too deeply to be kept]"';
  }
}
