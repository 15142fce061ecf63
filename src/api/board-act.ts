import type { Act } from './audit.ts';

/** What a request to Bull Board asks for: `/api/queues/{queue}/{action}`, `…/{queue}/{job}/{action}`, or of all queues. */
export function boardAct(method: string, path: string, queues: ReadonlySet<string>): Act {
  const parts = path.split('/').filter(Boolean).map(decoded);
  const [first = '', ...rest] = parts.slice(parts.indexOf('queues', 2) + 1);
  const status = 200;
  if (!queues.has(first))
    return { action: [method, first, ...rest].join(' ').trim(), subject: null, queue: null, status };
  const [second = ''] = rest;
  const jobId = rest.length > 1 && !ofQueue.has(second) ? second : null;
  const action = `${method} ${(jobId === null ? rest : rest.slice(1)).join('/')}`;
  return { action, subject: jobId ?? first, queue: first, status };
}

// Actions of a queue that have parts behind them; everything else with parts is a job's.
const ofQueue = new Set(['retry', 'clean', 'rate-limit', 'job-schedulers']);

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
