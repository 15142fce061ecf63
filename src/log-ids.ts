import { AsyncLocalStorage } from 'node:async_hooks';
import { traceId } from './trace.ts';

/** What a line of the log is about, besides what it says. */
export type LogIds = Readonly<{ request_id?: string; job?: string | undefined }>;

const storage = new AsyncLocalStorage<LogIds>();

/** Does the work with these ids in every line that it logs. */
export function withLogIds<T>(ids: LogIds, work: () => T): T {
  return storage.run(ids, work);
}

/** Starts work that goes on for others than whoever happened to start it, without ids. */
export function withoutLogIds<T>(work: () => T): T {
  return storage.exit(work);
}

/** The ids of what runs now, that of its trace included. */
export function logIds(): LogIds & Readonly<{ trace_id?: string }> {
  const trace = traceId();
  return trace === undefined ? { ...storage.getStore() } : { ...storage.getStore(), trace_id: trace };
}
