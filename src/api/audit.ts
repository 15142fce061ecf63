import { randomUUIDv7 } from 'node:crypto';
import type { Context as HonoContext } from 'hono';
import { AuditEntry } from '../entities/audit-entry.entity.ts';
import type { RouteEnv } from './define-route.ts';
import { principalOf } from './principal.ts';

/** A change made by hand: what, and to which queue and job. */
export type Change = Readonly<{ action: string; queue: string | null; jobId: string | null }>;

/**
 * Makes a change by hand, written down before, with its outcome added after. What cannot be written down is not made.
 * @throws whatever the change throws; the entry then has no status.
 */
export async function audited(c: HonoContext<RouteEnv>, change: Change, make: () => Promise<number>): Promise<void> {
  const { ctx, requestId } = c.var;
  const id = randomUUIDv7();
  const entry = { id, ...cut(change), userId: principalOf(c).userId, requestId, at: ctx.now() };
  await ctx.transaction((tx) => tx.insert(AuditEntry, entry));
  const status = await make();
  await ctx
    .transaction((tx) => tx.nativeUpdate(AuditEntry, { id }, { status }))
    .catch((error: unknown) => ctx.log.warn({ err: error, audit: id, status }, 'audit: the outcome stands here alone'));
}

/** What a request to Bull Board changes: `/api/queues/{queue}/{action}`, `…/{queue}/{job}/{action}`, or of all queues. */
export function changeOnBoard(method: string, path: string, queues: ReadonlySet<string>): Change {
  const parts = path.split('/').filter(Boolean).map(decoded);
  const [first = '', ...rest] = parts.slice(parts.indexOf('queues', 2) + 1);
  if (!queues.has(first)) return { action: [method, first, ...rest].join(' '), queue: null, jobId: null };
  const [second = ''] = rest;
  const jobId = rest.length > 1 && !ofQueue.has(second) ? second : null;
  return { action: `${method} ${(jobId === null ? rest : rest.slice(1)).join('/')}`, queue: first, jobId };
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

function cut({ action, queue, jobId }: Change): Change {
  return { action: action.slice(0, 191), queue, jobId: jobId?.slice(0, 191) ?? null };
}
