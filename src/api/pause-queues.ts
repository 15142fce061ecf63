import type { EntityManager } from '@mikro-orm/mysql';
import type { ApiContext } from '../context.ts';
import { within } from '../deadline.ts';
import { writePause } from '../orders/pause.ts';

/** Which queues are stopped, or go on, and who decides it. */
export type PauseDecision = Readonly<{ names: readonly string[]; isPaused: boolean; changedBy: number }>;

const deadlineMs = 1_500;

/**
 * Stops queues, or lets them go on: the one switch, whoever turns it. It stands in MySQL, with what `note` writes beside it, and
 * holds over restarts and a lost Redis; Redis is told at once, or by the workers when it does not answer.
 */
export async function pauseQueues(
  ctx: ApiContext,
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
    const queue = ctx.producer.queues.get(name);
    await (isPaused ? queue?.pause() : queue?.resume());
  });
  await within(deadlineMs, 'Redis', Promise.all(telling)).catch((error: unknown) =>
    ctx.log.warn({ err: error, queues: names }, 'queues: Redis will be told by the workers'),
  );
}
