import { randomUUIDv7 } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from '../context.ts';
import { deliverWebhooks } from '../jobs/webhooks/deliver-webhooks.job.ts';
import { findDue } from '../webhooks/claim.ts';
import { lookForWork, routeEvents } from '../webhooks/route-events.ts';

type Needs = Pick<Context, 'orm' | 'transaction' | 'jobs' | 'log' | 'now'>;

/** How long to wait before the next look, ms; who makes the first webhook of all waits longest. */
const pausesMs = { busy: 200, idle: 1_000, unasked: 5_000 } as const;

/**
 * Goes through the log for webhooks, and asks for a job for each endpoint that something is due for, until the signal aborts. MySQL says
 * what there is to do: of a job that is lost with Redis, or with its worker, there is another when its time is over.
 */
export async function tellWebhooks(context: Needs, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const found = await goOn(context).catch((error: unknown) => {
      context.log.warn({ err: error }, 'webhooks: a look failed and will be tried again');
      return 'idle' as const;
    });
    // No two processes keep step.
    await sleep(pausesMs[found] * (0.5 + Math.random()), undefined, { signal }).catch(() => {});
  }
}

/** Does what there is to do now, and says whether somebody waits for more of it, or there is no webhook at all. */
export async function goOn(context: Needs): Promise<keyof typeof pausesMs> {
  const look = await lookForWork(context.orm.em.fork());
  const isBehind = look.written > look.routed;
  if (isBehind) await routeEvents(context, look);
  if (!look.hasEndpoints) return 'unasked';
  if (!isBehind && !look.isDue) return 'idle';
  const due = await findDue(context.orm.em.fork());
  const jobs = due.map((id) => ({ job: deliverWebhooks, id: randomUUIDv7(), payload: { webhook_id: id } }));
  if (jobs.length > 0) await context.jobs.enqueueAll(jobs);
  return 'busy';
}
