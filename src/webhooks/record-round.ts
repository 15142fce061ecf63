import type { EntityManager } from '@mikro-orm/mysql';
import { WebhookDelivery, WebhookEndpoint } from '../entities/webhooks.entity.ts';
import { choose, textOf } from '../mysql/values.ts';
import type { AfterCommit } from '../outbox/after-commit.ts';
import { keep } from './claim.ts';
import type { Endpoint } from './endpoint.ts';
import { pause } from './pause.ts';
import { type Delivery, isTaken, type Try } from './round.ts';

const firstWaitMs = 5_000;
const longestWaitMs = 3_600_000;
const mostFailingMs = 3 * 24 * 3_600_000;
const gone = 410;

/** How an endpoint stands after a round: as before, to be left alone for a while, paused, or another's. */
export type Standing = Readonly<{ is: 'well' | 'paused' | 'lost' } | { is: 'failing'; retryAt: Date }>;

/** How long to wait after so many failures: twice as long each time, an hour at most, and up to half of that less, by chance. */
export function waitAfter(failures: number): number {
  const longest = Math.min(firstWaitMs * 2 ** Math.min(failures - 1, 20), longestWaitMs);
  return Math.round(longest * (1 - Math.random() / 2));
}

/**
 * Writes down what came of a round, at a moment of MySQL's clock. An endpoint that takes nothing is left alone as a whole; one that
 * takes other events than the failing one is told those. What it has not taken for three days, or that it is gone, has it paused.
 */
export async function recordRound(
  tx: EntityManager,
  after: AfterCommit,
  { endpoint, token, tries, at }: Readonly<{ endpoint: Endpoint; token: string; tries: readonly Try[]; at: Date }>,
): Promise<Standing> {
  // What was taken was taken, whoever works for the endpoint by now.
  await recordTaken(tx, endpoint.id, tries.filter(isTaken), at);
  if (!(await keep(tx, endpoint.id, token))) return { is: 'lost' };
  const failed = tries.filter((one) => !isTaken(one));
  // One that has failed altogether is well again when it takes something, not when what fails anyway fails once more.
  const failsAlone = endpoint.failures === 0 && failed.every(({ delivery }) => isOfItsOwn(delivery, endpoint));
  const isWorking = tries.some(isTaken) || failsAlone;
  const failures = isWorking ? 0 : endpoint.failures + 1;
  const retryAt = isWorking ? null : new Date(at.getTime() + waitAfter(failures));
  for (const one of failed) await recordFailed(tx, one, at, retryAt);
  // One that takes nothing is asked with other events than the one that it has owed for longest.
  const suspects = isWorking ? failed.map(({ delivery }) => delivery.position) : undefined;
  const notice = goneNotice(failed) ?? (await lateNotice(tx, endpoint.id, at, suspects));
  const fields = { failures, retryAt, ...(tries.some(isTaken) ? { succeededAt: at } : {}) };
  await tx.nativeUpdate(WebhookEndpoint, { id: endpoint.id }, fields);
  if (notice !== undefined) {
    await pause(tx, after, { id: endpoint.id, notice, at });
    return { is: 'paused' };
  }
  return retryAt ? { is: 'failing', retryAt } : { is: 'well' };
}

/** Whether an event alone fails: since it did first, or in the same round, the endpoint has taken others. */
function isOfItsOwn({ failingSince }: Delivery, { succeededAt }: Endpoint): boolean {
  return !!failingSince && !!succeededAt && succeededAt >= failingSince;
}

async function recordTaken(tx: EntityManager, id: string, taken: readonly Try[], at: Date): Promise<void> {
  if (taken.length === 0) return;
  const text = textOf(tx);
  const each = (value: (one: Try) => unknown) =>
    choose(
      'position',
      taken.map((one) => [one.delivery.position, value(one)] as const),
      text,
    );
  await tx.execute(
    `update ${tx.getMetadata(WebhookDelivery).tableName}
     set state = 'delivered', attempts = attempts + 1, response_status = ${each(statusOf)}, took_ms = ${each(({ tookMs }) => tookMs)},
       error = null, due_at = null, ended_at = ${text(at)}
     where endpoint = ${text(id)} and position in (${taken.map(({ delivery }) => delivery.position).join(', ')})`,
    [],
    'run',
  );
}

async function recordFailed(tx: EntityManager, { delivery, answer, tookMs }: Try, at: Date, retryAt: Date | null) {
  const { endpoint, position, attempts, failingSince } = delivery;
  await tx.nativeUpdate(
    WebhookDelivery,
    { endpoint, position },
    {
      state: 'retrying',
      attempts: attempts + 1,
      responseStatus: statusOf({ answer }),
      error: 'error' in answer ? answer.error.slice(0, 200) : null,
      tookMs,
      failingSince: failingSince ?? at,
      dueAt: retryAt ?? new Date(at.getTime() + waitAfter(attempts + 1)),
    },
  );
}

function statusOf({ answer }: Pick<Try, 'answer'>): number | null {
  return 'status' in answer ? answer.status : null;
}

/** Why an endpoint is paused that says that it is gone. */
function goneNotice(failed: readonly Try[]): string | undefined {
  return failed.some(({ answer }) => 'status' in answer && answer.status === gone)
    ? 'The endpoint answered 410: it is gone. Nothing more is sent until you make it active again.'
    : undefined;
}

/** Why an endpoint is paused that has not taken an event for three days; of all that it owes, where no positions are given. */
async function lateNotice(
  tx: EntityManager,
  endpoint: string,
  at: Date,
  positions: readonly number[] | undefined,
): Promise<string | undefined> {
  if (positions?.length === 0) return undefined;
  const failingSince = { $lte: new Date(at.getTime() - mostFailingMs) };
  const [longest] = await tx.find(
    WebhookDelivery,
    { endpoint, state: 'retrying', failingSince, ...(positions ? { position: { $in: [...positions] } } : {}) },
    { orderBy: { failingSince: 'asc' }, limit: 1, disableIdentityMap: true },
  );
  if (!longest) return undefined;
  const { eventId, responseStatus, error } = longest;
  const last = responseStatus ? `it answered ${responseStatus}` : error?.slice(0, 100);
  return `The event ${eventId} has not been taken for three days; last: ${last}. What came since waits for you.`;
}
