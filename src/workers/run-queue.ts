import { createRedisBackend, UnrecoverableError, Worker, type Job as QueueJob, type WorkerOptions } from 'bullmq';
import type { z } from 'zod';
import type { Context } from '../context.ts';
import { GiveUp, RateLimited, StepAside } from '../errors.ts';
import { type Job, payloadVersion, type Progress } from '../jobs/define-job.ts';
import { ownWorkerName } from '../jobs/worker-name.ts';
import { StoredJob } from '../jobs/stored-job.ts';
import { countedMs, type QueueDefinition, restMax, laneOf } from '../jobs/queues.ts';
import { overShards } from '../jobs/shards/sharded-queue.ts';
import { holdBack } from './hold-back.ts';
import { handBack, leavePlace, rest, stepAside } from './step-aside.ts';
import { blockMs, forBullmq, letGo, prefixOf, type RedisConnection } from '../redis/connection.ts';
import { startTimeout } from '../process/deadline.ts';
import { forgetOldest } from '../process/forget-oldest.ts';
import { type Log, withLogIds } from '../process/log.ts';
import { traced } from '../telemetry/traces.ts';
import { bury } from '../ops/dead-letters.ts';

/**
 * Works a queue's jobs until closed: parse, work, verdict.
 * GiveUp ends a job, RateLimited rests the queue and StepAside the job without spending an attempt, anything else is tried again. An
 * attempt that is cut off because the process ends is none.
 */
export function runQueue(
  queue: QueueDefinition,
  concurrency: number,
  connection: RedisConnection,
  context: Context,
): QueueWorker {
  const logOf = logsOf(context.log, queue);
  const process = async (queued: QueueJob, token?: string, signal?: AbortSignal) => {
    const log = logOf(queued.name);
    const step = { name: queued.name, kind: 'consumer', attributes: { 'orderflow.job': queued.id ?? '' } } as const;
    const attemptOnce = () => traced(step, () => attempt(queued, signal, { ...context, log }));
    const judged = () =>
      attemptOnce().catch(async (error: unknown) => {
        throw await answerTo(error, { queue, queued, token, stop: signal }, { ...context, log });
      });
    return withLogIds({ job: queued.id }, () => holdBack(queued, token, context, judged));
  };
  const opened = forBullmq(connection);
  const shards = context.jobs.shards.get(queue.name);
  const connect = () => forBullmq(connection);
  const options = {
    connection: opened,
    prefix: prefixOf(connection, queue.name),
    name: ownWorkerName,
    concurrency,
    // BullMQ looks at a rest of the queue only where there is a limit; this one is never reached.
    limiter: { max: restMax, duration: countedMs },
    // Also where jobs are due later: a master that is cut off is left no later than one that is asked.
    drainDelay: blockMs / 1_000,
    // A rest that has been cut short is noticed within a second.
    maximumRateLimitDelay: 1_000,
    // A job of a killed worker is taken up by another within seven seconds, the sum of the two. All workers must say the same.
    lockDuration: 5_000,
    stalledInterval: 2_000,
    // Crashes of the process are not failures of the job. What has cost too many is given up by an attempt of ours, and so
    // buried before it fails; BullMQ would let it fail without one.
    maxStalledCount: Number.MAX_SAFE_INTEGER,
    // BullMQ counts what all workers have done, for its export and the board; an hour by the minute. It costs two commands
    // within the script that ends a job, and no trip.
    metrics: { maxDataPoints: 60 },
    ...(context.jobs.telemetry && { telemetry: context.jobs.telemetry }),
    settings: {
      backoffStrategy: (attemptsMade, _type, _error, job) =>
        backoffMs(context.jobs.definitions.jobs.get(job?.name ?? ''), attemptsMade),
    },
  } satisfies WorkerOptions;
  const backend = shards ? overShards({ shards, connect }) : createRedisBackend;
  const worker = new QueueWorker(queue.name, process, options, backend);
  worker.once('closed', () => letGo(opened));
  worker.on('error', (error) => context.log.debug({ queue: queue.name, err: error }, 'worker: Redis failed'));
  return worker;
}

/** A worker that reads its jobs whatever has become of them, and says what it does. */
export class QueueWorker extends Worker {
  #started = 0;
  #underWay = 0;

  protected override get Job(): typeof QueueJob {
    return StoredJob;
  }

  /** The longest that it waits in Redis for a job, also for one that is due later, s. */
  override get maximumBlockTimeout(): number {
    return blockMs / 1_000;
  }

  /** How many jobs it has fetched so far, and whether it has room for no other. */
  progress(): Readonly<{ started: number; isFull: boolean }> {
    return { started: this.#started, isFull: this.#underWay >= this.concurrency };
  }

  protected override async callProcessJob(job: QueueJob, token: string, signal?: AbortSignal): Promise<unknown> {
    this.#started += 1;
    this.#underWay += 1;
    return super.callProcessJob(job, token, signal).finally(() => (this.#underWay -= 1));
  }
}

const mostLogs = 100;

/** The log of a kind's jobs, made once: it costs as much as everything else that a job is given. */
function logsOf(log: Log, { name: queue }: QueueDefinition): (kind: string) => Log {
  const made = new Map<string, Log>();
  return (kind) => {
    const own = made.get(kind) ?? log.child({ queue, kind });
    // Jobs can have names that nobody has defined.
    forgetOldest(made.set(kind, own), mostLogs);
    return own;
  };
}

/** So many times may a process end, or stand still for longer than its locks last, while it works on one job. */
const mostStalls = 20;

async function attempt(
  queued: QueueJob,
  stop: AbortSignal | undefined,
  context: Context & { log: Log },
): Promise<unknown> {
  if (queued.stalledCounter > mostStalls)
    throw new GiveUp(`it has cost ${queued.stalledCounter} processes; none of them has come to its end`);
  const job = context.jobs.definitions.jobs.get(queued.name);
  if (!job || payloadVersion(queued.data) > (job.version ?? 1)) throw handOn(queued, context.log);
  const payload = job.payload.safeParse(queued.data);
  if (!payload.success) throw new GiveUp(`the payload does not fit '${job.kind}': ${faultsOf(payload.error)}`);
  const timeout = startTimeout(job.timeoutMs);
  const signal = stop ? AbortSignal.any([stop, timeout.signal]) : timeout.signal;
  // Whoever joins a job that waits in the background brings it forward.
  const lane = laneOf(queued.priority);
  // Without Redis nobody can look, and the work goes on all the same.
  const report = (progress: Progress) => void queued.updateProgress(progress).catch(() => {});
  const given = { id: queued.id ?? '', payload: payload.data, askedAtMs: queued.timestamp, signal, report };
  try {
    const result = await job.work(given, context.jobs.fork(lane, context.log));
    return job.result.parse(result);
  } finally {
    timeout.clear();
  }
}

// Once a second for an hour: no deployment takes longer.
const mostHandedOn = 3_600;
const handOnMs = 1_000;

/** What becomes of a job that a newer release has asked for: a process that knows it will come by. It spends no attempt. */
function handOn({ name, attemptsStarted }: QueueJob, log: Log): Error {
  if (attemptsStarted > mostHandedOn)
    return new GiveUp(`no job kind '${name}' is defined, or not with such a payload; deploy one, or remove the job`);
  if (attemptsStarted <= 1) log.warn('a job of a newer release is handed on to a process that knows it');
  return new StepAside(handOnMs);
}

/** Where and how, and nothing of the payload itself: it is no business of the log's. */
function faultsOf({ issues }: z.ZodError): string {
  return issues
    .slice(0, 5)
    .map(({ code, path }) => `${code} at /${path.join('/')}`)
    .join(', ');
}

type Failed = Readonly<{
  queue: QueueDefinition;
  queued: QueueJob;
  token: string | undefined;
  stop: AbortSignal | undefined;
}>;

/** What BullMQ must be told of an attempt that has not come to its end. */
async function answerTo(error: unknown, { queue, queued, token, stop }: Failed, context: Context): Promise<Error> {
  if (error instanceof StepAside) return stepAside(queued, token, error.waitMs, context);
  if (error instanceof RateLimited) return rest(queued, token, error.waitMs, context);
  if (stop?.aborted && !(error instanceof GiveUp)) {
    context.log.info({ err: error }, 'the process ends; another takes the job up');
    return handBack(queued, token, context);
  }
  const reason = await verdict(queued, error, context);
  if (queue.isShared === 'whole') await leavePlace(queued);
  return reason;
}

/** What BullMQ must be told of a failed attempt, after the farewell if it was the last. */
async function verdict(queued: QueueJob, error: unknown, context: Context): Promise<Error> {
  const reason = error instanceof Error ? error : new Error(String(error));
  const isLast = reason instanceof GiveUp || queued.attemptsMade + 1 >= (queued.opts.attempts ?? 1);
  context.log[isLast ? 'error' : 'warn']({ err: reason, attempt: queued.attemptsMade + 1, isLast }, 'job failed');
  if (isLast) {
    // Whatever becomes of the farewell, the job is kept for people to look at.
    await farewell(context, queued, reason).catch((cause: unknown) =>
      context.log.error({ err: cause }, 'farewell failed'),
    );
    await bury(context, queued, reason);
  }
  return reason instanceof GiveUp ? new UnrecoverableError(reason.message) : reason;
}

async function farewell(context: Context, queued: QueueJob, reason: Error): Promise<void> {
  const job = context.jobs.definitions.jobs.get(queued.name);
  const payload = job?.payload.safeParse(queued.data);
  if (job?.farewell && payload?.success) await job.farewell(payload.data, reason, context.jobs.fork());
}

/** Doubling from attempt to attempt up to the job's bound, with full jitter so that retries do not march in step. */
function backoffMs(job: Job | undefined, attemptsMade: number): number {
  const bound = Math.min((job?.backoffMs ?? 1_000) * 2 ** Math.min(attemptsMade - 1, 20), job?.maxBackoffMs ?? 30_000);
  return Math.ceil(Math.random() * bound);
}
