import type { ApiContext } from '../context.ts';
import { within } from '../deadline.ts';
import type { QueueDefinition } from '../jobs/queues.ts';
import { queues } from '../jobs/queues.ts';
import { readPauses } from '../orders/pause.ts';
import { readBacklog, readStreams } from '../telemetry/gauges.ts';

const deadlineMs = 1_500;

/** How every queue is now, from Redis; each figure is null while Redis does not answer. */
export async function queueViews(ctx: ApiContext) {
  // It may be that Redis has not been told yet, or has lost it.
  const pauses = await within(deadlineMs, 'MySQL', readPauses(ctx.orm.em.fork())).catch(
    () => new Map<string, boolean>(),
  );
  return Promise.all(
    queues.map((queue) =>
      within(deadlineMs, 'Redis', viewOf(ctx, queue, pauses.get(queue.name) === true)).catch(() => unknownOf(queue)),
    ),
  );
}

/** What has not left MySQL yet; null while it does not answer. */
export async function backlogView(ctx: ApiContext) {
  const backlog = await within(deadlineMs, 'MySQL', readBacklog(ctx)).catch(() => undefined);
  return { waiting: backlog?.waiting ?? null, oldest_seconds: backlog?.seconds ?? null };
}

/** How long every stream is, and how far those who follow it here are behind; null while Redis does not answer. */
export async function streamViews(ctx: ApiContext) {
  const known = await within(deadlineMs, 'Redis', readStreams(ctx)).catch(() => []);
  return [...ctx.definitions.streams.keys()].map((name) => {
    const stream = known.find((some) => some.name === name);
    return { name, length: stream?.length ?? null, lag_seconds: stream?.lagSeconds ?? null };
  });
}

async function viewOf({ producer, config, now }: ApiContext, { name, summary }: QueueDefinition, isStopped: boolean) {
  const queue = producer.queues.get(name);
  if (!queue) throw new Error(`no queue is called ${name}`);
  const [counts, workers, isPaused, restMs, first] = await Promise.all([
    queue.getJobCounts('waiting', 'prioritized', 'active', 'delayed', 'completed', 'failed'),
    queue.getWorkers(),
    queue.isPaused(),
    queue.getRateLimitTtl(),
    // Of each state the one that waits longest.
    queue.getJobs(['waiting', 'prioritized'], 0, 0, true),
  ]);
  const oldest = first.map(({ timestamp }) => timestamp).toSorted((a, b) => a - b)[0];
  const atMs = now().getTime();
  const { waiting = 0, prioritized = 0, active = 0, delayed = 0, completed = 0, failed = 0 } = counts;
  return {
    name,
    summary,
    status: isStopped || isPaused ? ('paused' as const) : restMs > 0 ? ('limited' as const) : ('running' as const),
    limited_until: restMs > 0 ? new Date(atMs + restMs).toISOString() : null,
    waiting: waiting + prioritized,
    active,
    delayed,
    completed,
    failed,
    // One Redis may hold several installations, each in a db of its own.
    workers: workers.filter(({ db }) => Number(db) === config.REDIS_DB).length,
    oldest_waiting_seconds: oldest === undefined ? null : Math.max(0, (atMs - oldest) / 1_000),
  };
}

function unknownOf({ name, summary }: QueueDefinition) {
  const status = 'unknown' as const;
  const figures = { waiting: null, active: null, delayed: null, completed: null, failed: null, workers: null };
  return { name, summary, status, limited_until: null, ...figures, oldest_waiting_seconds: null };
}
