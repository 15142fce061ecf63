import type { EntityManager } from '@mikro-orm/mysql';
import { WebhookDelivery, WebhookEndpoint } from '../entities/webhooks.entity.ts';
import type { Answer, CallEndpoint } from '../gateways/webhooks/call-endpoint.ts';
import type { Transaction } from '../outbox/transaction.ts';
import type { Log } from '../process/log.ts';
import { claim, clockSince, release, watchClaim } from './claim.ts';
import { type Endpoint, readWishes } from './endpoint.ts';
import { pause } from './pause.ts';
import { recordRound, type Standing } from './record-round.ts';
import { type Delivery, isTaken, readBodies, readRound, tell, type Try } from './round.ts';
import { sign } from './sign.ts';

/** What telling an endpoint needs of its process. */
export type TellParts = Readonly<{
  em: EntityManager;
  transaction: Transaction;
  events: Readonly<{ callEndpoint: CallEndpoint }>;
  log: Log;
}>;

/** With the clock by which an endpoint is told. */
type Timed<Parts> = Parts & Readonly<{ now: () => Date }>;

// Then others have their turn; what is left is gone on with as soon as a worker has room.
const longestTurnMs = 10_000;
const notTold = 'Its owner may not be told of all events any more. Once they may, make it active again.';

/**
 * Tells an endpoint what it is to be told, in order per subject, until nothing is left or its turn is over; returns how many events it has
 * taken. Twice, or stopped anywhere, an event is told again with the same id; one that follows is told after it has been taken.
 */
export async function tellEndpoint(parts: TellParts, id: string, signal: AbortSignal): Promise<number> {
  const { em, transaction, log } = parts;
  const token = await transaction((tx) => claim(tx, id));
  const claimedMs = performance.now();
  if (token === undefined) return 0;
  const endpoint = await em.findOne(WebhookEndpoint, id, { disableIdentityMap: true });
  // Its owner has changed it since, or it is another's.
  if (endpoint?.claim !== token || !endpoint.wakeAt) return 0;
  const now = clockSince(claimedMs, endpoint.wakeAt);
  if ((await readWishes(em, id)).length === 0) {
    await transaction((tx, after) => pause(tx, after, { id, notice: notTold, at: now() }));
    return 0;
  }
  const latest = now().getTime() + longestTurnMs;
  let current: Endpoint | null = endpoint;
  let taken = 0;
  while (current) {
    const { deliveries, nextAt } = await readRound(em, current, now());
    if (deliveries.length === 0 || signal.aborted || now().getTime() > latest) {
      await release(em, id, token, deliveries.length === 0 ? nextAt : now());
      return taken;
    }
    const tries = await tellRound({ ...parts, now }, current, deliveries, signal);
    taken += tries.filter(isTaken).length;
    const told = { endpoint: current, token, tries, at: now() };
    // Nothing was left in the log, or the process is ending: that is no failure of the endpoint's.
    const standing = tries.length > 0 ? await transaction((tx, after) => recordRound(tx, after, told)) : undefined;
    if (standing && standing.is !== 'well') return end(em, { id, token, standing, taken, log });
    // With the secret that it has by now.
    current = await em.findOne(WebhookEndpoint, { id, claim: token }, { disableIdentityMap: true });
  }
  return taken;
}

type Ending = Readonly<{ id: string; token: string; standing: Standing; taken: number; log: Log }>;

async function end(em: EntityManager, { id, token, standing, taken, log }: Ending): Promise<number> {
  if (standing.is === 'paused') log.warn({ webhook: id }, 'a webhook is paused: its endpoint takes nothing');
  if (standing.is === 'failing') await release(em, id, token, standing.retryAt);
  return taken;
}

async function tellRound(
  parts: Timed<TellParts>,
  endpoint: Endpoint,
  deliveries: readonly Delivery[],
  signal: AbortSignal,
) {
  const { em, now, transaction } = parts;
  const bodies = await readBodies(em, deliveries);
  const expired = deliveries.filter(({ position }) => !bodies.has(position)).map(({ position }) => position);
  if (expired.length > 0)
    await transaction((tx) =>
      tx.nativeUpdate(
        WebhookDelivery,
        { endpoint: endpoint.id, position: { $in: expired } },
        { state: 'expired', endedAt: now() },
      ),
    );
  const call = async (delivery: Delivery): Promise<Try> => {
    const beganAt = now().getTime();
    const body = bodies.get(delivery.position) ?? '';
    const answer = await callSigned(parts, endpoint, { id: delivery.eventId, body }, signal);
    return { delivery, answer, tookMs: Math.max(0, now().getTime() - beganAt) };
  };
  const told = deliveries.filter(({ position }) => bodies.has(position));
  const tries = await tell(told, { call, signal, isOurs: watchClaim(em, endpoint) });
  return signal.aborted ? tries.filter(isTaken) : tries;
}

/** Sends a message to an endpoint, signed as of now. */
export function callSigned(
  { events, now }: Timed<Pick<TellParts, 'events'>>,
  endpoint: Endpoint,
  message: Readonly<{ id: string; body: string }>,
  signal: AbortSignal,
): Promise<Answer> {
  const headers = sign(message, endpoint, now());
  return events.callEndpoint({ url: endpoint.url, headers, body: message.body }, signal);
}
