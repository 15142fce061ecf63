import { within } from '../../process/deadline.ts';
import type { Producer } from '../../jobs/enqueue.ts';
import type { Act, Facts } from '../callers/audit.ts';

const deadlineMs = 1_500;

/** What a request to Bull Board asks for: `/api/queues/{queue}/{action}`, `…/{queue}/{job}/{action}`, or of all queues. */
export function boardAct(method: string, path: string, queues: ReadonlySet<string>): Act {
  const parts = path.split('/').filter(Boolean).map(decoded);
  const [first = '', ...rest] = parts.slice(parts.indexOf('queues', 2) + 1);
  const status = 200;
  if (!queues.has(first))
    return { action: [method, first, ...rest].join(' ').trim(), subject: null, queue: null, status };
  const [second = ''] = rest;
  const jobId = rest.length > 1 && !queueActions.has(second) ? second : null;
  const action = `${method} ${(jobId === null ? rest : rest.slice(1)).join('/')}`;
  return { action, subject: jobId ?? first, queue: first, status };
}

/** How a job, or a queue, stands; undefined of what there is none, and while Redis does not answer. It never throws. */
export async function standingOf(
  { queues }: Producer,
  act: Pick<Act, 'subject' | 'queue'>,
): Promise<Facts | undefined> {
  const queue = queues.get(act.queue ?? '');
  if (!queue || act.subject === null) return undefined;
  const ofJob = async (id: string): Promise<Facts> => ({ state: await queue.getJobState(id) });
  const ofQueue = async (): Promise<Facts> => ({ paused: await queue.isPaused(), ...(await queue.getJobCounts()) });
  const looking = act.subject === queue.name ? ofQueue() : ofJob(act.subject);
  return within(deadlineMs, 'Redis', looking).catch(() => undefined);
}

// Actions of a queue that have parts behind them; everything else with parts is a job's.
const queueActions = new Set(['retry', 'clean', 'rate-limit', 'job-schedulers']);

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
