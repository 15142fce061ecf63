import { randomUUIDv7 } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from '../context.ts';
import { deliverWebhooks } from '../jobs/webhooks/deliver-webhooks.job.ts';
import { findDue } from '../webhooks/claim.ts';
import { lookForWork, routeEvents } from '../webhooks/route-events.ts';

type Needs = Pick<Context, 'orm' | 'transaction' | 'jobs' | 'log' | 'now'>;

const idleMs = 1_000;
const busyMs = 200;

/**
 * Goes through the log for webhooks, and asks for a job for each endpoint that something is due for, until the signal aborts. MySQL says
 * what there is to do: of a job that is lost with Redis, or with its worker, there is another when its time is over.
 */
export async function tellWebhooks(context: Needs, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const isBusy = await goOn(context).catch((error: unknown) => {
      context.log.warn({ err: error }, 'webhooks: a look failed and will be tried again');
      return false;
    });
    // No two processes keep step.
    const pauseMs = (isBusy ? busyMs : idleMs) * (0.5 + Math.random());
    await sleep(pauseMs, undefined, { signal }).catch(() => {});
  }
}

/** Does what there is to do now, and says whether somebody waits for more of it. */
export async function goOn(context: Needs): Promise<boolean> {
  const look = await lookForWork(context.orm.em.fork());
  const isBehind = look.written > look.routed;
  if (isBehind) await routeEvents(context, look);
  if (!isBehind && !look.isDue) return false;
  const due = await findDue(context.orm.em.fork());
  const jobs = due.map((id) => ({ job: deliverWebhooks, id: randomUUIDv7(), payload: { webhook_id: id } }));
  if (jobs.length > 0) await context.jobs.enqueueAll(jobs);
  return look.hasEndpoints;
}
