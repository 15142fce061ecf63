import type { EntityManager, InferEntity } from '@mikro-orm/mysql';
import { EventLog } from '../entities/event-log.entity.ts';

/** One event of the log. */
export type LogRow = InferEntity<typeof EventLog>;

/** Which events are read: after a position, of these subjects or of all. */
export type LogPart = Readonly<{ after: number; subjects: readonly string[] | undefined; limit: number; at: Date }>;

// Longer than any transaction may take: a position that is still missing then was rolled back.
const settledMs = 15_000;

/**
 * The log after a position, oldest first. Positions are given out before they are committed, so a later one can be seen
 * before an earlier one: what follows a fresh gap is held back, and whoever reads on from the last row misses nothing.
 */
export async function readLog(em: EntityManager, { after, subjects, limit, at }: LogPart): Promise<LogRow[]> {
  const rows = await em.find(
    EventLog,
    { position: { $gt: after }, ...(subjects === undefined ? {} : { subject: { $in: [...subjects] } }) },
    { orderBy: { position: 'asc' }, limit, disableIdentityMap: true },
  );
  // The events of one subject are committed one after the other; its gaps belong to others.
  if (subjects?.length === 1) return rows;
  const gap = rows.findIndex(({ position, at: writtenAt }, index) => {
    const before = index === 0 ? after : (rows[index - 1]?.position ?? after);
    return position !== before + 1 && at.getTime() - writtenAt.getTime() < settledMs;
  });
  return gap === -1 ? rows : rows.slice(0, gap);
}

/** Where an event stands in the log, by its id. */
export async function positionOf(em: EntityManager, id: string): Promise<number | undefined> {
  const row = await em.findOne(EventLog, { id }, { fields: ['position'], disableIdentityMap: true });
  return row?.position;
}
