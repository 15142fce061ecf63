import { numberOf } from './error-number.ts';

/** Nothing was done, or it is undone: deadlock, lock wait, changed since read, a certification that failed; of TiDB the same. */
const undone = new Set([1213, 1205, 1020, 3101, 8002, 8005, 8022, 8028, 9007]);

/**
 * A server that takes no writes any more: read-only by its own or a group's decision, out of its cluster (Galera's 1047), offline or
 * going down. Its session is of no use; another server, or the next one by this name, is.
 */
const fenced = new Set([1290, 1836, 1792, 1047, 3100, 3032, 3168, 1053, 1077, 1927, 3169, 9001, 9002, 9003, 9005]);

/** A server that cannot write, for its disk is full; some end over it instead. */
const full = new Set([1021, 1026, 1114]);

/** Refused before anything was written, also when it is COMMIT that is refused. */
const refusedWrites = new Set([1290, 1836, 1792]);

const lostConnection = new Set([
  'PROTOCOL_CONNECTION_LOST',
  'ECONNRESET',
  'EPIPE',
  'ER_SERVER_SHUTDOWN',
  // MySQL's last word to a session that has been silent for too long; MariaDB says none.
  'ER_CLIENT_INTERACTION_TIMEOUT',
]);

const unreached =
  /^(ECONN[A-Z]+|ETIMEDOUT|EPIPE|E(HOST|NET)(UNREACH|DOWN)|ENOTFOUND|EAI_AGAIN|PROTOCOL_\w+|ER_CON_COUNT_ERROR)$/;

/** No server of several takes writes at this moment. */
export class NoWritableServer extends Error {
  override name = 'NoWritableServer';
}

/** Whether what was being done was not done, so that it may be done anew: on another connection, after a moment. */
export function isTransient(error: unknown): boolean {
  return isUndone(error) || isFenced(error) || isLost(error) || isClosed(error) || error instanceof NoWritableServer;
}

/** Whether it was MySQL that could not be reached, went away or takes no writes, whatever was to be done. */
export function isAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof NoWritableServer || isFenced(error) || isLost(error) || isClosed(error)) return true;
  if (full.has(numberOf(error))) return true;
  return 'code' in error && unreached.test(String(error.code));
}

/** Whether the session's server takes no writes any more. */
export function isFenced(error: unknown): boolean {
  return fenced.has(numberOf(error));
}

/** Notes that the server refused a statement that was sent together with a COMMIT, and before it: then it has not come to that. */
export function noteUncommitted(error: unknown): void {
  if (error instanceof Error && 'sqlState' in error) Object.assign(error, { isUncommitted: true });
}

/**
 * Whether a COMMIT that failed so may have committed all the same. It has not when the server says so, or when the driver never sent it; of
 * anything else, as a group that lets its member go, nobody knows.
 */
export function mayHaveCommitted(error: unknown): boolean {
  if (error instanceof Error && 'isUncommitted' in error) return false;
  return !isUndone(error) && !refusedWrites.has(numberOf(error)) && !isClosed(error);
}

function isUndone(error: unknown): boolean {
  return undone.has(numberOf(error));
}

function isLost(error: unknown): boolean {
  return error instanceof Error && 'code' in error && lostConnection.has(String(error.code));
}

// The driver refuses to send on a connection that it has seen closing, without a code. Nothing was sent, not even a COMMIT.
function isClosed(error: unknown): boolean {
  return error instanceof Error && error.message.includes('connection is in closed state');
}
