import type { EntityManager } from '@mikro-orm/mysql';
import { User } from '../../entities/accounts.entity.ts';
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
    const gone = await deleted(em);
    const idle = await em.find(
      WebhookEndpoint,
      { status: 'paused', pausedAt: { $lt: before(30) } },
      { fields: ['id'] },
    );
    return [
      deleteBefore(em.getMetadata(WebhookDelivery).tableName, 'ended_at', before(7)),
      ...[...gone, ...idle.map(({ id }) => id)].map(deleteDeliveries),
      (tx) => tx.nativeDelete(WebhookEndpoint, { id: { $in: [...gone] } }),
    ];
  },
);

/** Webhooks that have been deleted, or whose owner has. */
async function deleted(em: EntityManager): Promise<readonly string[]> {
  const rows = await em.execute<{ id: string }[]>(
    `select e.id from ${em.getMetadata(WebhookEndpoint).tableName} e
     left join ${em.getMetadata(User).tableName} u on u.id = e.user_id and u.deleted_at is null
     where e.deleted_at is not null or u.id is null limit ${batch}`,
  );
  return rows.map(({ id }) => id);
}

function deleteDeliveries(endpoint: string): DeleteSome {
  return async (tx) => {
    const { tableName } = tx.getMetadata(WebhookDelivery);
    const sql = `delete from ${tableName} where endpoint = ? order by position limit ${batch}`;
    return (await tx.execute<{ affectedRows: number }>(sql, [endpoint], 'run')).affectedRows;
  };
}
