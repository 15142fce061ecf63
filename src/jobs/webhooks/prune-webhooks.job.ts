import { WebhookDelivery, WebhookEndpoint } from '../../entities/webhooks.entity.ts';
import { batch, deleteBefore, type DeleteSome } from '../../mysql/delete-in-batches.ts';
import { definePrune } from '../define-prune.ts';

const dayMs = 24 * 3_600_000;

/** Deletes deliveries that were over a week ago, what a webhook paused for a month has waiting, and webhooks that are deleted. */
export const pruneWebhooks = definePrune(
  {
    kind: 'prune-webhooks',
    summary:
      'Delete what was delivered a week ago, what paused webhooks have waiting for a month, and deleted webhooks.',
  },
  async ({ em, now }) => {
    const before = (days: number) => new Date(now().getTime() - days * dayMs);
    const some = { fields: ['id'], limit: batch, disableIdentityMap: true } as const;
    const gone = await em.find(WebhookEndpoint, { deletedAt: { $ne: null } }, some);
    const idle = await em.find(WebhookEndpoint, { pausedAt: { $lt: before(30) } }, some);
    return [
      deleteBefore(em.getMetadata(WebhookDelivery).tableName, 'ended_at', before(7)),
      ...[...gone, ...idle].map(({ id }) => deleteDeliveries(id)),
      ...gone.map(({ id }) => deleteEndpoint(id)),
    ];
  },
);

function deleteDeliveries(endpoint: string): DeleteSome {
  return async (tx) => {
    const { tableName } = tx.getMetadata(WebhookDelivery);
    const sql = `delete from ${tableName} where endpoint = ? order by position limit ${batch}`;
    return (await tx.execute<{ affectedRows: number }>(sql, [endpoint], 'run')).affectedRows;
  };
}

/** Once nothing of it is left. */
function deleteEndpoint(id: string): DeleteSome {
  return async (tx) => {
    const isEmpty = (await tx.count(WebhookDelivery, { endpoint: id })) === 0;
    return isEmpty ? tx.nativeDelete(WebhookEndpoint, { id }) : 0;
  };
}
