import type { EntityManager } from '@mikro-orm/mysql';
import { EventLog } from '../entities/outbox.entity.ts';
import { WebhookCursor } from '../entities/webhooks.entity.ts';
import { readLog } from '../outbox/event-log.ts';
import { addDeliveries } from './deliveries.ts';
import { choosers, readWishes } from './endpoint.ts';

/** A part of the log: what stands after one position, up to another one. */
export type Stretch = Readonly<{ after: number; until: number }>;

const mostEvents = 1_000;

/**
 * Has an endpoint told again of the first thousand events of a stretch, as far as they are for it; returns what is left of the stretch. A
 * second time they are told once more. What nobody has gone through yet will be told anyway, after what comes before it.
 */
export async function replay(tx: EntityManager, id: string, stretch: Stretch, at: Date): Promise<Stretch | undefined> {
  const { position: routed } = await tx.findOneOrFail(WebhookCursor, 1, { disableIdentityMap: true });
  const until = Math.min(stretch.until, routed);
  const events = await readLog(tx, { after: stretch.after, subjects: undefined, limit: mostEvents });
  const within = events.filter(({ position }) => typeof position === 'number' && position <= until);
  const chosenBy = choosers(await readWishes(tx, id));
  const again = within.filter((event) => chosenBy(event).length > 0);
  const deliveries = again.map(({ id: eventId, position, type, subject }) => {
    return { endpoint: id, position: position ?? 0, eventId, type, subject };
  });
  await addDeliveries(tx, deliveries, at);
  const last = within.at(-1)?.position ?? until;
  return within.length === mostEvents && last < until ? { after: last, until } : undefined;
}

/** The last position that was given before a moment. Positions rise with time, so that halving finds it. */
export async function positionBefore(em: EntityManager, at: Date): Promise<number> {
  const [first, last] = [await edge(em, 'asc'), await lastPosition(em)];
  let [low, high] = [first - 1, last];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    // What has been deleted is passed over.
    const [next] = await em.find(
      EventLog,
      { position: { $gte: middle } },
      { fields: ['position', 'entryMs'], orderBy: { position: 'asc' }, limit: 1, disableIdentityMap: true },
    );
    if (next && (next.entryMs ?? 0) < at.getTime()) low = next.position ?? middle;
    else high = middle - 1;
  }
  return Math.max(0, low);
}

/** The last position that was given. */
export async function lastPosition(em: EntityManager): Promise<number> {
  return edge(em, 'desc');
}

async function edge(em: EntityManager, direction: 'asc' | 'desc'): Promise<number> {
  const [row] = await em.find(
    EventLog,
    { position: { $ne: null } },
    { fields: ['position'], orderBy: { position: direction }, limit: 1, disableIdentityMap: true },
  );
  return row?.position ?? 0;
}
