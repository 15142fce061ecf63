import { AsyncLocalStorage } from 'node:async_hooks';
import { traceId } from '../telemetry/traces.ts';
import { type DestinationStream, type Logger, pino } from 'pino';

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
function logIds(): LogIds & Readonly<{ trace_id?: string }> {
  const trace = traceId();
  return trace === undefined ? { ...storage.getStore() } : { ...storage.getStore(), trace_id: trace };
}

/** The logger handed around: one JSON object a line on standard output. */
export type Log = Logger;

const censored = '[secret]';
const names = ['password', 'token', 'authorization', 'cookie', 'secret', 'client_secret', 'passwordHash'];
// What a secret of ours or of the gateway looks like, wherever it stands.
const shapes =
  /\bpi_\w+_secret_\w+|\b(?:sk|rk|pk)_(?:test|live)_\w+|\bwhsec_[\w+/=]+|(?<=\bBearer )[\w-]{20,}|\$argon2\w*\$[^\s"]+/g;
// Shorter ones are words like `root`, which would take whole lines with them.
const leastSecretLength = 8;

/**
 * Opens the process's log. Fields named like a secret, values that look like one, and every value of `secrets` are
 * censored wherever they stand; of errors, only what says where and why is kept.
 */
export function openLog(
  role: string,
  level: string,
  secrets: readonly string[] = [],
  destination: DestinationStream = pino.destination(1),
): Log {
  const known = secrets.filter((secret) => secret.length >= leastSecretLength).map((secret) => inJson(secret));
  const options = {
    level,
    base: { role, pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: { paths: names.flatMap((name) => [name, `*.${name}`]), censor: censored },
    mixin: logIds,
    serializers: { err: describeError },
    hooks: {
      streamWrite: (line: string) =>
        known.reduce((text, secret) => text.replaceAll(secret, censored), line.replaceAll(shapes, censored)),
    },
  };
  return pino(options, destination);
}

function inJson(value: string): string {
  return JSON.stringify(value).slice(1, -1);
}

type Described = Readonly<{ type: string; message: string; code?: string; frames?: string[]; cause?: Described }>;

const longestMessage = 500;
const mostCauses = 3;

/** An error without what hangs on it: drivers keep statements with their values there, clients whole answers. */
export function describeError(error: unknown, depth = 0): Described {
  if (!(error instanceof Error)) return { type: typeof error, message: String(error).slice(0, longestMessage) };
  const code = 'code' in error && typeof error.code === 'string' ? { code: error.code } : {};
  const cause = error.cause !== undefined && depth < mostCauses ? { cause: describeError(error.cause, depth + 1) } : {};
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return {
    type: error.name,
    message: messageOf(error).slice(0, longestMessage),
    ...code,
    frames: frames.map((frame) => frame.trim()).slice(0, 12),
    ...cause,
  };
}

/** Drivers may write the statement with its values in front of what the server said; the server itself names values. */
function messageOf(error: Error): string {
  const message = 'sqlMessage' in error && typeof error.sqlMessage === 'string' ? error.sqlMessage : error.message;
  return message.replaceAll(/Duplicate entry '.*' for key/g, 'Duplicate entry for key');
}
