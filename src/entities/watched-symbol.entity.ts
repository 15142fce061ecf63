import { defineEntity, p } from '@mikro-orm/mysql';

/** A symbol whose price is asked for at fixed times, without anybody asking. */
export const WatchedSymbol = defineEntity({
  name: 'WatchedSymbol',
  tableName: 'watched_symbols',
  properties: {
    symbol: p.string().length(32).primary(),
    /** A share is asked for rarely while its market is closed, a coin always. */
    kind: p.enum(['stock', 'crypto'] as const),
    everySeconds: p.integer().unsigned(),
    /** Null: `WATCHLIST` named it. No foreign key: it is watched also when the account has left. */
    addedBy: p.integer().unsigned().nullable(),
    createdAt: p.datetime(3),
    /** When the last poll was about to call. A poll whose slot began before that does not call. */
    polledAt: p.datetime(3).nullable(),
  },
});
