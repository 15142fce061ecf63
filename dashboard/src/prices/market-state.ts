import type { Known } from '../api/use-status.ts';
import { isCoin } from './quote.ts';

/** Whether a symbol's market trades. */
export type MarketState = 'open' | 'closed' | 'always open' | 'not known';

/** How the market of a symbol is: coins trade always, shares when the exchanges are open. */
export function marketOf(symbol: string, known: Known): MarketState {
  if (isCoin(symbol)) return 'always open';
  if (typeof known !== 'object' || known.exchanges === 'unknown') return 'not known';
  return known.exchanges;
}
