/** A process that works queues, and what it is at. */
export type WorkerProcess = Readonly<{
  version: string | null;
  host: string | null;
  pid: number | null;
  queues: readonly string[];
  running: readonly Readonly<{ id: string; kind: string; queue: string; since: string }>[];
}>;

/** The breaker of an upstream. */
export type Breaker = Readonly<{
  upstream: string;
  queue: string;
  state: 'closed' | 'open' | 'resting';
  failures: number;
  until: string | null;
}>;

/** Who follows a stream in a group. */
export type Group = Readonly<{ stream: string; name: string; consumers: number; pending: number; lag: number | null }>;

/** What `GET /ops/parts` tells; null: it cannot be read now. */
export type Parts = Readonly<{
  workers: readonly WorkerProcess[] | null;
  breakers: readonly Breaker[] | null;
  groups: readonly Group[] | null;
}>;
