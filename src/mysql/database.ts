import type { MikroORM } from '@mikro-orm/mysql';
import pRetry from 'p-retry';
import { within } from '../process/deadline.ts';
import { CannotStart } from '../errors.ts';
import type { Unreached } from '../process/finding.ts';

/** Whether the schema is the one this code was written for. */
export async function isSchemaCurrent(orm: MikroORM): Promise<boolean> {
  return (await orm.migrator.getPending()).length === 0;
}

/**
 * Waits for MySQL, about 30 s at the most, unless it answers with a no. With `mayCreate`, a missing database is created
 * where the user is allowed to.
 * @throws CannotStart when it has not come, or does not let us in.
 */
export async function waitForDatabase(orm: MikroORM, { mayCreate = false } = {}): Promise<void> {
  const reach = async () => {
    if (mayCreate) await orm.schema.ensureDatabase();
    // Also of a new one: MikroORM does not close a pool that nothing has been asked of, and that keeps the process alive.
    await ping(orm);
  };
  const shouldRetry = ({ error }: Readonly<{ error: Error }>) => !denials.has(codeOf(error));
  try {
    await pRetry(reach, { retries: 60, factor: 1, minTimeout: 500, shouldRetry });
  } catch (error) {
    throw unreachable(orm, error);
  }
}

/** Asks MySQL for an answer within a second. */
export async function ping(orm: MikroORM): Promise<void> {
  await within(1_000, 'MySQL', orm.em.fork().execute('select 1'));
}

/** What does not change by waiting. */
const denials = new Set([
  'ER_ACCESS_DENIED_ERROR',
  'ER_ACCESS_DENIED_NO_PASSWORD_ERROR',
  'ER_DBACCESS_DENIED_ERROR',
  'ER_HOST_NOT_PRIVILEGED',
  'ER_HOST_IS_BLOCKED',
  'ER_MUST_CHANGE_PASSWORD',
  'ER_NOT_SUPPORTED_AUTH_MODE',
]);

function unreachable(orm: MikroORM, cause: unknown): CannotStart {
  const { fault, remedy } = whyUnreached(orm, cause);
  return new CannotStart(`${fault}; ${remedy}.`, { cause });
}

// What mysql2 calls each failure of a handshake for TLS, and a server that offers none.
const ofTls = new Set(['HANDSHAKE_SSL_ERROR', 'HANDSHAKE_NO_SSL_SUPPORT']);

/** Why the database cannot be used, by the error that said so. */
export function whyUnreached(orm: MikroORM, cause: unknown): Unreached {
  const { host, port, user, dbName } = orm.config.getAll();
  const server = `MySQL at ${host}:${port}`;
  const code = codeOf(cause);
  if (code === 'ER_DBACCESS_DENIED_ERROR')
    return {
      kind: 'refused',
      fault: `${server} does not let the user '${user}' use the database '${dbName}'`,
      remedy: 'grant it, or name another in MYSQL_DB',
    };
  if (code === 'ER_BAD_DB_ERROR')
    return {
      kind: 'refused',
      fault: `${server} has no database '${dbName}'`,
      remedy: 'make it with `npm run migrate`, or name another in MYSQL_DB',
    };
  if (denials.has(code))
    return {
      kind: 'refused',
      fault: `${server} does not let the user '${user}' in (${code})`,
      remedy: 'correct MYSQL_USER and MYSQL_PASSWORD',
    };
  if (ofTls.has(code))
    return {
      kind: 'tls',
      fault: `${server} does not speak TLS as MYSQL_SSL_CA wants it (${code})`,
      remedy: 'name the file of the certificate that signs its own in MYSQL_SSL_CA',
    };
  const fault = `${server} does not answer (${code || String(cause)})`;
  return { kind: 'away', fault, remedy: 'start it, or correct MYSQL_HOST and MYSQL_PORT' };
}

/** The code of what the server or the network said, however deep it was wrapped. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  const inner = codeOf(error.cause);
  return inner === '' && 'code' in error ? String(error.code) : inner;
}

/** Whether the API may be given requests. Redis away does not unready it: orders go on without. */
export type ApiReadiness = Readonly<{
  check(): Promise<{ isReady: boolean; reason?: string }>;
  /** From now on it is not ready: a shutdown has begun. */
  drain(): void;
}>;

/** Opens the API's readiness. */
export function readinessOf({ orm }: Readonly<{ orm: MikroORM }>): ApiReadiness {
  let isDraining = false;
  return {
    drain() {
      isDraining = true;
    },
    async check() {
      if (isDraining) return { isReady: false, reason: 'draining' };
      try {
        await ping(orm);
        return (await isSchemaCurrent(orm)) ? { isReady: true } : { isReady: false, reason: 'schema_behind' };
      } catch {
        return { isReady: false, reason: 'mysql_away' };
      }
    },
  };
}
