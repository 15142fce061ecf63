import { type EntityManager, LockMode } from '@mikro-orm/mysql';
import { WebhookDelivery, WebhookEndpoint } from '../../entities/webhooks.entity.ts';
import { batch, deleteBefore, type DeleteSome } from '../../mysql/delete-in-batches.ts';
import { definePrune } from '../define-prune.ts';

const dayMs = 24 * 3_600_000;
// With a thousand each, as many webhooks as an administrator may have.
const mostPages = 20;

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
    const monthAgo = before(30);
    const idle = await idleSince(em, monthAgo);
    return [
      deleteBefore(em.getMetadata(WebhookDelivery).tableName, 'ended_at', before(7)),
      ...gone.map(({ id }) => deleteDeliveries(id)),
      ...idle.map((id) => deleteWhileIdle(id, monthAgo)),
      ...gone.map(({ id }) => deleteEndpoint(id)),
    ];
  },
);

/** Webhooks that have been paused since, and have something waiting; others that have been stand in nobody's way. */
async function idleSince(em: EntityManager, at: Date): Promise<readonly string[]> {
  const { tableName: endpoints } = em.getMetadata(WebhookEndpoint);
  const { tableName: deliveries } = em.getMetadata(WebhookDelivery);
  const ids: string[] = [];
  for (let page = 0; page < mostPages; page += 1) {
    const found = await em.execute<{ id: string }[]>(
      `select e.id from ${endpoints} e where e.paused_at < ? and e.id > ?
         and exists (select 1 from ${deliveries} d where d.endpoint = e.id)
       order by e.id limit ${batch}`,
      [at, ids.at(-1) ?? ''],
    );
    ids.push(...found.map(({ id }) => id));
    if (found.length < batch) break;
  }
  return ids;
}

/** Whoever lets it go on meanwhile waits for a batch at the most, and is told what is left by then. */
function deleteWhileIdle(id: string, since: Date): DeleteSome {
  const options = { fields: ['id'], lockMode: LockMode.PESSIMISTIC_WRITE, disableIdentityMap: true } as const;
  return async (tx) => {
    const idle = await tx.findOne(WebhookEndpoint, { id, pausedAt: { $lt: since } }, options);
    return idle ? deleteDeliveries(id)(tx) : 0;
  };
}

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
