/** What an engine of MySQL's kind could not bear, or would quietly do otherwise: TiDB, Vitess, Galera, a proxy that shares sessions. */
type Rule = Readonly<{ why: string; isBroken(sql: string): boolean }>;

/** How a session begins; nothing else is ever set. The schema's own tools may set aside what protects keys. */
const beginnings =
  /^set (session (transaction isolation level read committed|innodb_lock_wait_timeout = 5)|names utf8mb4|foreign_key_checks = [01])\b/;

/** Held by the session that migrates, for its statements alone. */
const lockOfMigrator = /^select (get_lock|release_lock)\(left\(concat\('', database\(\)\), 64\)(, \d+)?\) as answer$/;

/** The same session's wait for a table; it is set back before anybody else has the session. */
const waitOfMigrator = /^set session lock_wait_timeout = (2|default)$/;

/** Before there was an end of the log, one migration gave the events positions that they had had elsewhere. */
const numberedByMigration = 'update `event_log` set `position` = `entry_ms` where `position` is null';

const rules: readonly Rule[] = [
  {
    why: 'SKIP LOCKED takes no lock on TiDB: claim by a guarded UPDATE',
    isBroken: (sql) => sql.includes('skip locked'),
  },
  {
    why: 'a SET reserves the session',
    isBroken: (sql) => /^set\b/.test(sql) && !beginnings.test(sql) && !waitOfMigrator.test(sql),
  },
  {
    why: 'what a session remembers is on another server at the next statement',
    isBroken: (sql) =>
      (!lockOfMigrator.test(sql) &&
        /\b(get_lock|release_lock|found_rows|row_count|connection_id)\s*\(|last_insert_id\(\)|(?<!@)@[a-z_]\w*\s*:?=/.test(
          sql,
        )) ||
      /^(lock tables|create temporary|prepare )/.test(sql),
  },
  {
    why: 'a claim asks again whether it is free',
    isBroken: (sql) => isUpdateOf(sql, 'outbox_messages', 'lease_until') && !/ where .*`?lease_until`? </.test(sql),
  },
  {
    why: 'a position is given by who moves the end of the log, and to an event that has none',
    isBroken: (sql) =>
      isUpdateOf(sql, 'event_log', 'position') &&
      !/ where .*position = (\?|\d+).*position is null/.test(sql) &&
      !/ on n\.id = 1 and n\.claim = '' set .* where .*position is null/.test(sql) &&
      !sql.startsWith(numberedByMigration),
  },
  { why: 'only READ COMMITTED is the same everywhere', isBroken: (sql) => /serializable|lock in share mode/.test(sql) },
];

/** Why a statement must not be sent; undefined when it may. */
export function faultOf(statement: string): string | undefined {
  // What people wrote is no part of it.
  const all = statement
    .replaceAll(/'(?:[^'\\]|\\.|'')*'/gs, "''")
    .replaceAll(/\s+/g, ' ')
    .trim()
    .toLowerCase()
    .split('; ');
  for (const sql of all) {
    // What a test asks of its server to bring something about is not the product's.
    if (sql.startsWith('/* of the test */')) continue;
    const broken = rules.find(({ isBroken }) => isBroken(sql));
    if (broken) return `${broken.why}: ${sql.slice(0, 300)}`;
  }
  return undefined;
}

function isUpdateOf(sql: string, table: string, column: string): boolean {
  return new RegExp(`^update .*\\b${table}\\b.* set .*\`?${column}\`? = .* where `).test(sql);
}
