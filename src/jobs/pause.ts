import type { EntityManager } from '@mikro-orm/mysql';
import { Setting } from '../entities/ops.entity.ts';
import { selectRow } from '../mysql/rows.ts';
import type { Log } from '../process/log.ts';
import type { Producer } from './enqueue.ts';
import { within } from '../process/deadline.ts';

const ending = '.paused';
const nameOf = (queue: string) => `${queue}${ending}`;

/** Whether an administrator has stopped the payments queue. MySQL decides; Redis is told. */
export async function arePaymentsPaused(em: EntityManager): Promise<boolean> {
  const setting = await selectRow(em, Setting, { name: nameOf('payments') });
  return setting?.value === 'true';
}

/** The same as a condition of a statement: it holds while nobody has stopped the payments queue. */
export const unlessPaymentsPaused = `not exists (select 1 from settings where name = '${nameOf('payments')}' and value = 'true')`;

/** Of each queue of which it was ever decided, whether it is stopped. */
export async function readPauses(em: EntityManager): Promise<ReadonlyMap<string, boolean>> {
  const settings = await em.find(Setting, { name: { $like: `%${ending}` } }, { disableIdentityMap: true });
  return new Map(settings.map(({ name, value }) => [name.slice(0, -ending.length), value === 'true']));
}

/** Writes down that a queue is stopped, or goes on, and who decided it. */
async function writePause(
  tx: EntityManager,
  { queue, isPaused, changedBy, at }: Readonly<{ queue: string; isPaused: boolean; changedBy: number; at: Date }>,
): Promise<void> {
  const value = String(isPaused);
  const setting = { name: nameOf(queue), value, changedBy, changedAt: at };
  await tx.upsert(Setting, setting, { onConflictFields: ['name'] });
}

/** What a pause needs of its process. */
export type PauseParts = Readonly<{
  transaction(work: (tx: EntityManager) => Promise<void>): Promise<void>;
  jobs: Pick<Producer, 'queues'>;
  now: () => Date;
  log: Log;
}>;

/** Which queues are stopped, or go on, and who decides it. */
export type PauseDecision = Readonly<{ names: readonly string[]; isPaused: boolean; changedBy: number }>;

const deadlineMs = 1_500;

/**
 * Stops queues, or lets them go on: the one switch, whoever turns it. It stands in MySQL, with what `note` writes beside it, and
 * holds over restarts and a lost Redis; Redis is told at once, or by the workers when it does not answer.
 */
export async function pauseQueues(
  ctx: PauseParts,
  decision: PauseDecision,
  note: (tx: EntityManager) => Promise<void> = async () => {},
): Promise<void> {
  const { names, isPaused, changedBy } = decision;
  await ctx.transaction(async (tx) => {
    await note(tx);
    for (const queue of names) await writePause(tx, { queue, isPaused, changedBy, at: ctx.now() });
  });
  ctx.log.info({ user: changedBy, queues: names, isPaused }, 'queues: stopped, or going on');
  const telling = names.map(async (name) => {
    const queue = ctx.jobs.queues.get(name);
    await (isPaused ? queue?.pause() : queue?.resume());
  });
  await within(deadlineMs, 'Redis', Promise.all(telling)).catch((error: unknown) =>
    ctx.log.warn({ err: error, queues: names }, 'queues: Redis will be told by the workers'),
  );
}
