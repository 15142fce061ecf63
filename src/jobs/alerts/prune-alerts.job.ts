import { AlertFiring, PriceAlert } from '../../entities/alerts.entity.ts';
import { deleteBefore } from '../../mysql/delete-in-batches.ts';
import { definePrune } from '../define-prune.ts';

const keptDays = 90;
const dayMs = 24 * 3_600_000;

/** Deletes what fired more than 90 days ago, and alerts that ended then. */
export const pruneAlerts = definePrune(
  { kind: 'prune-alerts', summary: 'Delete alerts that ended, and what alerts told, more than 90 days ago.' },
  ({ now }) => {
    const before = new Date(now().getTime() - keptDays * dayMs);
    return [
      deleteBefore(AlertFiring.meta.tableName, 'fired_at', before),
      deleteBefore(PriceAlert.meta.tableName, 'ended_at', before),
    ];
  },
);
