import type { z } from 'zod';
import type { Lane, QueueDefinition } from './queues.ts';
import type { Tenant } from './shares.ts';

/** Declares a job kind; one file `kind.job.ts` exports it, and nothing else has to know. */
export function defineJob<Payload extends z.ZodType, Output, Input, Needs = unknown>(
  contract: JobContract<Payload, z.ZodType<Output, Input>, Needs>,
  work: (attempt: Attempt<Payload>, ctx: Needs) => Promise<Input>,
  farewell?: (payload: z.output<Payload>, reason: Error, ctx: Needs) => Promise<void>,
): Job<Payload, z.ZodType<Output, Input>, Needs> {
  return farewell ? { ...contract, work, farewell } : { ...contract, work };
}

/** What a room asks for without knowing who does it; the job's own file builds its contract on it. */
export type JobRequest<Payload extends z.ZodType = z.ZodType> = Readonly<{
  /** Stable for ever, and the file's name: jobs waiting in Redis carry it. */
  kind: string;
  payload: Payload;
  /**
   * Of the payload; 1 unless told otherwise. Raise it when a process of the release before could not do what a new payload asks
   * for: it hands such a job on to one that can. What waits with an older payload must still fit.
   */
  version?: number;
}>;

/**
 * What may be asked: all a caller needs to know. The worker's side is the second argument of {@link defineJob}; `Needs` is
 * what the worker hands to it.
 */
export type JobContract<
  Payload extends z.ZodType = z.ZodType,
  Result extends z.ZodType = z.ZodType,
  Needs = unknown,
> = JobRequest<Payload> &
  Readonly<{
    /** One sentence for `GET /jobs/kinds` and Bull Board. */
    summary: string;
    /** The resource it needs; concurrency and rate limit stand there. */
    queue: QueueDefinition;
    result: Result;
    /** Attempts in all, the first included. A rest of the queue is none. */
    attempts: number;
    /** Before the second attempt; it doubles each time up to `maxBackoffMs`, with full jitter. */
    backoffMs: number;
    /** The longest wait between two attempts. Default: 30 s. */
    maxBackoffMs?: number;
    /** When one attempt is cut off by its signal. */
    timeoutMs: number;
    /** The lane in which it waits unless its caller says otherwise; by default the first. */
    lane?: Lane;
    /** Jobs with the same text that have not finished are one job. */
    coalesceBy?(payload: z.output<Payload>): string;
    /** Whether one that is asked for while another is under way comes after that: it may have looked already. Otherwise it is that one. */
    followsActive?: boolean;
    /** The copy it brings up to date: whoever asks how the job goes still wants that, and whoever has it tried again does. */
    copyName?(payload: z.output<Payload>): string;
    /** Runs by itself, with an empty payload, this often over all processes. */
    everyMs?: number;
    /** Runs by itself with each of these payloads. */
    schedules?(ctx: Needs): Promise<readonly Schedule<z.input<Payload>>[]>;
  }>;

/**
 * A payload with which a job runs by itself, this often over all processes; `key` tells it from the job's others. With
 * `offsetMs` its runs lie that long after the multiples of `everyMs` since 1970, and a new one has its first run at once as well.
 */
export type Schedule<Payload = unknown> = Readonly<{
  key: string;
  payload: Payload;
  everyMs: number;
  offsetMs?: number;
}>;

/** How far a job has come, in things of its own: rows of a feed. */
export type Progress = Readonly<{ done: number; total: number }>;

/** One run of a job. `signal` aborts at the timeout, and when the process shuts down: after half of `SHUTDOWN_SECONDS`. */
export type Attempt<Payload extends z.ZodType = z.ZodType> = Readonly<{
  id: string;
  payload: z.output<Payload>;
  /** When the job was asked for, UNIX milliseconds. */
  askedAtMs: number;
  signal: AbortSignal;
  /** Tells whoever looks at the job how far it has come: one command to Redis, and nobody waits for it. */
  report(progress: Progress): void;
}>;

/**
 * A job kind: its contract, the work of one attempt (it may run twice and stop anywhere), and the farewell, which runs once
 * the last attempt has failed or a GiveUp was thrown.
 */
export type Job<
  Payload extends z.ZodType = z.ZodType,
  Result extends z.ZodType = z.ZodType,
  Needs = unknown,
> = JobContract<Payload, Result, Needs> &
  Readonly<{
    work(attempt: Attempt<Payload>, ctx: Needs): Promise<z.input<Result>>;
    farewell?(payload: z.output<Payload>, reason: Error, ctx: Needs): Promise<void>;
  }>;

const versionKey = 'payload_version';

/** A payload as jobs carry it: with its version, and whose share of the queue it takes. */
export function jobData({ version }: JobRequest, parsed: unknown, tenant?: Tenant): unknown {
  if (typeof parsed !== 'object') return parsed;
  // The tenant comes last: that is where the script that gives out places reads it.
  return {
    ...parsed,
    ...(version !== undefined && { [versionKey]: version }),
    ...(tenant !== undefined && { tenant }),
  };
}

/** The version that a job carries. */
export function payloadVersion(data: unknown): number {
  const version = typeof data === 'object' && data !== null && versionKey in data ? data[versionKey] : 1;
  return typeof version === 'number' ? version : 1;
}

/** Whose share of its queue a job takes, if anybody's. */
export function tenantOf(data: unknown): Tenant | undefined {
  const tenant = typeof data === 'object' && data !== null && 'tenant' in data ? data.tenant : undefined;
  return typeof tenant === 'string' ? tenant : undefined;
}
