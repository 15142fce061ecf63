import { importFiles } from '../process/import-files.ts';
import type { MarketData } from './market-data.ts';

/** Imports every kind of market data that there is. */
export async function loadMarketData(): Promise<readonly MarketData[]> {
  const files = await importFiles('market/data', '.market.ts');
  return files.flatMap(({ exported }) => exported.filter(isMarketData));
}

// What defineMarketData returns is recognised by the fields that only it gives together.
function isMarketData(value: unknown): value is MarketData {
  return typeof value === 'object' && value !== null && 'job' in value && 'facts' in value && 'store' in value;
}
