import type { EntityManager } from '@mikro-orm/mysql';
import { Setting } from '../entities/setting.entity.ts';
import { selectRow } from '../rows.ts';

const ending = '.paused';
const nameOf = (queue: string) => `${queue}${ending}`;

/** Whether an administrator has stopped the payments queue. MySQL decides; Redis is told. */
export async function arePaymentsPaused(em: EntityManager): Promise<boolean> {
  const setting = await selectRow(em, Setting, { name: nameOf('payments') });
  return setting?.value === 'true';
}

/** Of each queue of which it was ever decided, whether it is stopped. */
export async function readPauses(em: EntityManager): Promise<ReadonlyMap<string, boolean>> {
  const settings = await em.find(Setting, { name: { $like: `%${ending}` } }, { disableIdentityMap: true });
  return new Map(settings.map(({ name, value }) => [name.slice(0, -ending.length), value === 'true']));
}

/** Writes down that a queue is stopped, or goes on, and who decided it. */
export async function writePause(
  tx: EntityManager,
  { queue, isPaused, changedBy, at }: Readonly<{ queue: string; isPaused: boolean; changedBy: number; at: Date }>,
): Promise<void> {
  const value = String(isPaused);
  const setting = { name: nameOf(queue), value, changedBy, changedAt: at };
  await tx.upsert(Setting, setting, { onConflictFields: ['name'] });
}
