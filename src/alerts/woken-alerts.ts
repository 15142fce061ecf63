import type { EntityManager } from '@mikro-orm/mysql';
import { PriceAlert } from '../entities/alerts.entity.ts';
import { textOf } from '../mysql/values.ts';

const symbolsAtOnce = 50;

/**
 * The ids of the alerts that the highest or the lowest of these prices changes, by symbol: the others cost nothing, however
 * many they are.
 */
export async function wokenBy(
  em: EntityManager,
  perSymbol: ReadonlyMap<string, readonly number[]>,
): Promise<readonly string[]> {
  const { tableName } = em.getMetadata(PriceAlert);
  const text = textOf(em);
  const parts = [...perSymbol].map(([symbol, prices]) => {
    const those = `select id from ${tableName} where symbol = ${text(symbol)}`;
    return `${those} and wake_high <= ${Math.max(...prices)} union all ${those} and wake_low >= ${Math.min(...prices)}`;
  });
  const ids = new Set<string>();
  for (let from = 0; from < parts.length; from += symbolsAtOnce) {
    const rows = await em.execute<{ id: string }[]>(parts.slice(from, from + symbolsAtOnce).join(' union all '));
    for (const { id } of rows) ids.add(id);
  }
  return [...ids];
}
