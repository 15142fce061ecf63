import type { EntityManager } from '@mikro-orm/mysql';
import { ForexRate } from '../entities/forex-rate.entity.ts';
import type { ForexRow } from './forex-copy.ts';

/**
 * Stores the rates of a base, one row a publication, and answers whether the publication is a new one. One that is
 * known already is only noted as seen again.
 */
export async function storeRates(tx: EntityManager, row: ForexRow, publication: string): Promise<boolean> {
  const { base, observedAt } = row;
  const known = await tx.nativeUpdate(ForexRate, { base, publication }, { observedAt });
  // Two fetches at once may both find it new: it is one row all the same, and the event tells nothing false twice.
  if (known === 0) await tx.upsert(ForexRate, { ...row, publication }, { onConflictFields: ['base', 'publication'] });
  return known === 0;
}
