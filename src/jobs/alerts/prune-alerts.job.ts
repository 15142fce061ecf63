import { stopWatchingForAlerts } from '../../alerts/watch-symbols.ts';
import type { JobContext } from '../../context.ts';
import { AlertFiring, PriceAlert } from '../../entities/alerts.entity.ts';
import { deleteBefore } from '../../mysql/delete-in-batches.ts';
import { definePrune, type PruneNeeds } from '../define-prune.ts';

const keptDays = 90;
const dayMs = 24 * 3_600_000;

/** Deletes what fired more than 90 days ago, alerts that ended then, and what of the watchlist was there for alerts that have ended. */
export const pruneAlerts = definePrune(
  {
    kind: 'prune-alerts',
    summary:
      'Delete alerts that ended, and what alerts told, more than 90 days ago, and stop polling for ended alerts.',
  },
  ({ now, market }: PruneNeeds & Pick<JobContext, 'market'>) => {
    const before = new Date(now().getTime() - keptDays * dayMs);
    return [
      deleteBefore(AlertFiring.meta.tableName, 'fired_at', before),
      deleteBefore(PriceAlert.meta.tableName, 'ended_at', before),
      // Whoever ended the last alert of a symbol may have died before that was done.
      (tx) => stopWatchingForAlerts(tx, market.watchlist, now()),
    ];
  },
);
