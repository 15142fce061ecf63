import type { Context } from '../context.ts';
import { tellOnce } from '../gateways/http/lenient.ts';
import { priceOf } from '../market/data/quote.market.ts';
import { copyName } from '../market/market-data.ts';
import { wantedBy, watchedSymbols, type Wanting } from '../market/ticks/wanted-symbols.ts';

/**
 * Follows trades in this process whenever no other does, until the signal aborts; where there is no socket, nothing is done. `others` name
 * what else is wanted besides what is polled, and before what somebody looks at.
 */
export async function keepTicks(context: Context, signal: AbortSignal, others: readonly Wanting[] = []): Promise<void> {
  const { config, events, log, market, orm, transaction } = context;
  const { tradeSocketUrl: url, FINNHUB_API_KEY: key, FINNHUB_WS_SYMBOLS: symbols } = config;
  if (url === undefined || key === undefined) return;
  // What speaks to the socket is loaded by those alone who may need it.
  const { followTicks } = await import('../market/ticks/follow-ticks.ts');
  const parts = {
    orm,
    transaction,
    live: events.ticks,
    wanted: wantedBy([watchedSymbols(market.watchlist), ...others, events.ticks.looking]),
    fill: (symbol: string) => askFor(symbol, context),
    socket: { url, key, symbols },
    tell: tellOnce(log),
    log,
  };
  await followTicks(parts, signal);
}

/** Has the price fetched behind everything that people ask for, within the budget; of what nobody knows there is none. */
async function askFor(symbol: string, { market, jobs }: Pick<Context, 'market' | 'jobs'>): Promise<void> {
  const price = priceOf(symbol);
  const name = copyName(price, { symbol });
  if (await market.cache.isUnknown(name)) return;
  if (await market.asks.admit(name, 'refresh')) await jobs.enqueue(price.job, { symbol }, { lane: 'refresh' });
}
