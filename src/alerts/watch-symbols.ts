import { randomUUID } from 'node:crypto';
import type { EntityManager } from '@mikro-orm/mysql';
import { PriceAlert } from '../entities/alerts.entity.ts';
import { WatchedSymbol } from '../entities/market.entity.ts';
import { Problem } from '../errors.ts';
import { refuseTooMany, secondsForAlerts } from '../market/change-watchlist.ts';
import {
  allWatched,
  kindOf,
  lockWatchlist,
  nobody,
  noteChange,
  watchedAs,
  type Watchlist,
} from '../market/watchlist.ts';

/**
 * Has a symbol polled that somebody wants to be alerted on, as often as the plan allows, once a minute at the most; how often
 * it is polled already is left to administrators. Returns the cadence, seconds. @throws Problem watchlist_over_budget when there is
 * no room: what is polled for alerts alone takes half of what polling may take.
 */
export async function watchForAlerts(
  tx: EntityManager,
  watchlist: Watchlist,
  symbol: string,
  at: Date,
): Promise<number> {
  await lockWatchlist(tx, watchlist.first, at);
  const all = await allWatched(tx);
  const known = watchedAs(all, symbol);
  if (known) return known.everySeconds;
  refuseTooMany(all.length);
  const everySeconds = secondsForAlerts(all, watchlist.plan);
  if (everySeconds === undefined)
    throw new Problem('watchlist_over_budget', 'There is no room to poll one more symbol for alerts.', {
      errors: [{ pointer: '/symbol', detail: 'is not polled yet; choose one that is, or ask for a place for it' }],
    });
  const row = { symbol, kind: kindOf(symbol), everySeconds, addedBy: null, createdAt: at, polledAt: null };
  await tx.insert(WatchedSymbol, { ...row, forAlerts: true });
  await noteChange(tx, { id: randomUUID(), changedBy: nobody, at });
  return everySeconds;
}

/** Stops polling what was polled for alerts alone, and has none any more; returns how many symbols that were. */
export async function stopWatchingForAlerts(tx: EntityManager, watchlist: Watchlist, at: Date): Promise<number> {
  await lockWatchlist(tx, watchlist.first, at);
  const alerts = tx.getMetadata(PriceAlert).tableName;
  const watched = tx.getMetadata(WatchedSymbol).tableName;
  const { affectedRows } = await tx.execute<{ affectedRows: number }>(
    `delete from ${watched} where for_alerts = 1 and not exists (
       select 1 from ${alerts} a where a.symbol = ${watched}.symbol and a.ended_at is null)`,
    [],
    'run',
  );
  if (affectedRows > 0) await noteChange(tx, { id: randomUUID(), changedBy: nobody, at });
  return affectedRows;
}
