import type { EntityManager } from '@mikro-orm/mysql';
import { Setting } from '../entities/setting.entity.ts';
import { selectRow } from '../rows.ts';

const name = 'payments.paused';

/** Whether an administrator has stopped the payments queue. MySQL decides; Redis is told. */
export async function arePaymentsPaused(em: EntityManager): Promise<boolean> {
  const setting = await selectRow(em, Setting, { name });
  return setting?.value === 'true';
}

/** Writes down that payments are stopped, or go on, and who decided it. */
export async function writePause(
  tx: EntityManager,
  { isPaused, changedBy, at }: Readonly<{ isPaused: boolean; changedBy: number; at: Date }>,
): Promise<void> {
  const value = String(isPaused);
  await tx.upsert(Setting, { name, value, changedBy, changedAt: at }, { onConflictFields: ['name'] });
}
