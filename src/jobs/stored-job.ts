import { Job, type JobJson, type JobProgress } from 'bullmq';
import { z } from 'zod';
import { jsonDepth } from '../process/json-depth.ts';
import type { Progress } from './define-job.ts';

// Payloads of ours are some ids and facts. What is larger than a request may be, and a column of text can hold, or deeper
// than this, was put there by somebody else.
const mostBytes = 65_535;
const mostDepth = 64;
const mostResultCharacters = 65_536;
const mostReasonCharacters = 10_000;
// The last moment that a Date can name.
const lastMs = 8_640_000_000_000_000;

type JobQueue = ConstructorParameters<typeof Job>[0];

/**
 * A job as Redis holds it, whatever has become of it there. A payload that cannot be read, or not be handed on, is replaced
 * by a sentence that says so, which fits no kind; so it is shown, given up and buried like any other that does not fit.
 */
export class StoredJob<T, R, N extends string, P extends JobProgress> extends Job<T, R, N, P> {
  static override fromJSON<T, R, N extends string>(queue: JobQueue, json: JobJson, jobId?: string): Job<T, R, N> {
    return super.fromJSON(queue, mended(json), jobId);
  }

  static override async fromId<T, R, N extends string>(
    queue: JobQueue,
    jobId: string,
  ): Promise<Job<T, R, N> | undefined> {
    try {
      return await super.fromId(queue, jobId);
    } catch (error) {
      // BullMQ could not read the job's other fields; an outage is another kind of error.
      if (error instanceof SyntaxError || error instanceof TypeError) return this.fromJSON(queue, spoilt(jobId), jobId);
      if (error instanceof Error && error.message.startsWith('WRONGTYPE')) return undefined;
      throw error;
    }
  }
}

/** The payload as JSON text that anything can read; a sentence instead of one that is too large or too deep for that. */
export function readablePayload(text: string): string {
  const bytes = Buffer.byteLength(text);
  if (bytes > mostBytes) return JSON.stringify(`[a payload of ${bytes} bytes: too large to be kept]`);
  if (jsonDepth(text) > mostDepth) return JSON.stringify(`[a payload of ${bytes} bytes: nested too deeply to be kept]`);
  return isJson(text) ? text : JSON.stringify(`[a payload of ${bytes} bytes: not JSON]`);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function mended(json: JobJson): JobJson {
  const { name, data, failedReason, returnvalue, stacktrace, processedOn, finishedOn, progress, ...rest } = json;
  const [startedAtMs, endedAtMs] = [numberOf(processedOn), numberOf(finishedOn)];
  return {
    ...rest,
    name: name ?? 'unreadable',
    data: readablePayload(data),
    progress: progressOf(progress) ?? 0,
    timestamp: numberOf(json.timestamp) ?? 0,
    ...(startedAtMs === undefined ? {} : { processedOn: startedAtMs }),
    ...(endedAtMs === undefined ? {} : { finishedOn: endedAtMs }),
    delay: numberOf(json.delay) ?? 0,
    priority: numberOf(json.priority) ?? 0,
    attemptsMade: numberOf(json.attemptsMade) ?? 0,
    attemptsStarted: numberOf(json.attemptsStarted) ?? 0,
    stalledCounter: numberOf(json.stalledCounter) ?? 0,
    failedReason: (failedReason ?? '').slice(0, mostReasonCharacters),
    returnvalue: readableResult(returnvalue),
    ...(stacktrace === undefined || stacktrace.length > mostResultCharacters ? {} : { stacktrace }),
  };
}

function readableResult(text: string | undefined): string {
  if (text === undefined) return '';
  const isTooMuch = text.length > mostResultCharacters || jsonDepth(text) > mostDepth;
  return isTooMuch ? '"[a result too large to be shown]"' : text;
}

const StoredProgress = z.object({ done: z.int().nonnegative(), total: z.int().positive() });

/** How far a job says that it has come, if that is what stands there. */
export function progressOf(progress: JobProgress): Progress | undefined {
  return StoredProgress.safeParse(progress).data;
}

/** A number that Redis holds, if it is a moment or a count at all. */
function numberOf(value: number | undefined): number | undefined {
  return value !== undefined && value >= 0 && value <= lastMs ? value : undefined;
}

function spoilt(id: string): JobJson {
  const counts = { attemptsMade: 0, attemptsStarted: 0, stalledCounter: 0, timestamp: 0, progress: 0 };
  return {
    id,
    name: 'unreadable',
    data: '"[a job that cannot be read]"',
    opts: {},
    failedReason: '',
    returnvalue: '',
    ...counts,
  };
}
