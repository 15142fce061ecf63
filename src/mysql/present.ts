import type { EntityManager } from '@mikro-orm/mysql';
import { parseMoment } from './values.ts';

/** The database's present, by which others look at what is due: processes may disagree about the time. */
export async function presentOf(em: EntityManager): Promise<Date> {
  const [row] = await em.execute<{ now: string }[]>('select utc_timestamp(3) as now');
  if (!row) throw new Error('the database does not tell the time');
  return parseMoment(row.now);
}
