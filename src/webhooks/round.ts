import type { EntityManager, InferEntity } from '@mikro-orm/mysql';
import { EventLog } from '../entities/outbox.entity.ts';
import { WebhookDelivery } from '../entities/webhooks.entity.ts';
import type { Answer } from '../gateways/webhooks/call-endpoint.ts';
import { eventJson } from '../streams/entry.ts';
import type { Endpoint } from './endpoint.ts';

/** A delivery as it is stored. */
export type Delivery = InferEntity<typeof WebhookDelivery>;

/** One try: how it ended, and how long it took, ms. */
export type Try = Readonly<{ delivery: Delivery; answer: Answer; tookMs: number }>;

/** What may be told now, in order; and when the next of the rest may be. */
export type Round = Readonly<{ deliveries: readonly Delivery[]; nextAt: Date | undefined }>;

const mostDeliveries = 50;
// So many subjects may wait for their next try while others go on; with more, nothing new is begun.
const mostRetrying = 200;
const subjectsAtOnce = 5;
// No try is begun after this: with the longest try it ends before the claim does.
const roundMs = 5_000;

/**
 * Reads what an endpoint may be told now. What has failed waits for its time, and its subject with it; other subjects do not. One that
 * fails altogether is asked with a single event, each time of the subject that has been tried least.
 */
export async function readRound(
  em: EntityManager,
  { id, failures }: Pick<Endpoint, 'id' | 'failures'>,
  now: Date,
): Promise<Round> {
  const find = (state: 'waiting' | 'retrying', limit: number, but: readonly string[] = []) =>
    em.find(
      WebhookDelivery,
      { endpoint: id, state, ...(but.length === 0 ? {} : { subject: { $nin: [...but] } }) },
      { orderBy: { position: 'asc' }, limit, disableIdentityMap: true },
    );
  const retrying = await find('retrying', mostRetrying);
  const isDue = ({ dueAt }: Delivery) => !dueAt || dueAt <= now;
  const resting = retrying.filter((one) => !isDue(one));
  const isFull = retrying.length === mostRetrying;
  const restingSubjects = subjectsOf(resting);
  const waiting = isFull ? [] : await find('waiting', mostDeliveries, restingSubjects);
  const again = retrying.filter(({ subject }) => !restingSubjects.includes(subject));
  // However many wait behind those that have failed.
  const fresh = failures > 0 && !isFull ? await find('waiting', 1, subjectsOf(retrying)) : [];
  const due = [...again, ...waiting, ...fresh].toSorted((one, other) => one.position - other.position);
  const dueTimes = resting
    .flatMap(({ dueAt }) => dueAt ?? [])
    .toSorted((one, other) => one.getTime() - other.getTime());
  return { deliveries: failures > 0 ? leastTried(due) : due.slice(0, mostDeliveries), nextAt: dueTimes[0] };
}

function subjectsOf(deliveries: readonly Delivery[]): string[] {
  return [...new Set(deliveries.map(({ subject }) => subject))];
}

/** The first event of the subject that has been tried least: one that can never be taken is not all that an endpoint is asked with. */
function leastTried(due: readonly Delivery[]): readonly Delivery[] {
  const firsts = [...Map.groupBy(due, ({ subject }) => subject).values()].flatMap(([first]) => first ?? []);
  return firsts.toSorted((one, other) => one.attempts - other.attempts).slice(0, 1);
}

/** The bodies of events by their position, as followers of their streams get them; those that are no longer in the log are missing. */
export async function readBodies(
  em: EntityManager,
  deliveries: readonly Delivery[],
): Promise<ReadonlyMap<number, string>> {
  const positions = deliveries.map(({ position }) => position);
  const events = await em.find(EventLog, { position: { $in: positions } }, { disableIdentityMap: true });
  return new Map(
    events.map(({ position, at, data, ...event }) => [
      position ?? 0,
      eventJson({ ...event, time: at.toISOString(), data: toObject(data) }),
    ]),
  );
}

function toObject(text: string): object {
  const data: unknown = JSON.parse(text);
  return typeof data === 'object' && data !== null ? data : {};
}

/** How a round is told: by which call, until which signal, and whether the endpoint is still to be told. */
type Telling = Readonly<{
  call: (delivery: Delivery) => Promise<Try>;
  signal: AbortSignal;
  isOurs: () => Promise<boolean>;
}>;

/**
 * Tells an endpoint events, some subjects at once and each in order: what follows a failure of its subject is not tried. When nothing but
 * failures has come, or the endpoint is no longer to be told, nothing more is begun.
 */
export async function tell(
  deliveries: readonly Delivery[],
  { call, signal, isOurs }: Telling,
): Promise<readonly Try[]> {
  const tries: Try[] = [];
  const chains = [...Map.groupBy(deliveries, ({ subject }) => subject).values()].values();
  const latest = AbortSignal.timeout(roundMs);
  const mayBegin = () => !signal.aborted && !latest.aborted && (tries.length === 0 || tries.some(isTaken));
  const workChains = async () => {
    for (const chain of chains)
      for (const delivery of chain) {
        if (!(await isOurs()) || !mayBegin()) return;
        const one = await call(delivery);
        tries.push(one);
        if (!isTaken(one)) break;
      }
  };
  await Promise.all(Array.from({ length: subjectsAtOnce }, workChains));
  return tries;
}

/** Whether the endpoint has taken it. */
export function isTaken({ answer }: Pick<Try, 'answer'>): boolean {
  return 'status' in answer && answer.status >= 200 && answer.status < 300;
}
