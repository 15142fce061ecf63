import type { EntityManager } from '@mikro-orm/mysql';
import { IdempotencyKey } from '../entities/ops.entity.ts';
import { Problem } from '../errors.ts';
import { insertRows, type Selection } from '../mysql/rows.ts';
import { textOf } from '../mysql/values.ts';

/** A request that names itself: the same name again is the same request, if its fingerprint is the same too. */
export type KeyedRequest = Readonly<{ userId: number; key: string; fingerprint: string }>;

/** An answer as it is sent: its status, its bytes, and the path of what it has made. */
export type StoredAnswer = Readonly<{ status: number; text: string; location: string | null }>;

/** Another process works on a request of this name at this moment. */
export class KeyInUse extends Error {
  override name = 'KeyInUse';
}

/** What is stored under a request's name, with the fingerprint of the request that it answered. */
export type Recalled = StoredAnswer & KeyedRequest;

/** The name of a request. */
export function nameOf({ userId, key }: Pick<KeyedRequest, 'userId' | 'key'>): string {
  return `${userId} ${key}`;
}

/** A row that is locked: MySQL has an error of its own for it; MariaDB says that the wait for the lock is over. */
export const lockedNow = [3572, 1205];
/** A name that is stored already. */
export const taken = [1062];

/**
 * What is stored of these requests. It waits for nobody: a name that another transaction has just taken may be answered by it or
 * not, and whoever asks is refused ({@link inUseWhen}). There must be a request.
 */
export function recalling(tx: EntityManager, requests: readonly KeyedRequest[]): Selection<Recalled> {
  const { tableName } = tx.getMetadata(IdempotencyKey);
  const text = textOf(tx);
  const places = requests.map(({ userId, key }) => `(${text(userId)}, ${text(key)})`).join(', ');
  return {
    sql: `select user_id, \`key\`, fingerprint, status, body, location from \`${tableName}\`
       where (user_id, \`key\`) in (${places}) for update nowait`,
    read: (found) => found.flatMap((row) => (isRow(row) ? [recalledFrom(row)] : [])),
  };
}

/** The same, asked by itself. @throws KeyInUse when there is such a one among them. */
export async function recallAnswers(
  tx: EntityManager,
  requests: readonly KeyedRequest[],
): Promise<readonly Recalled[]> {
  if (requests.length === 0) return [];
  const { sql, read } = recalling(tx, requests);
  return read(await tx.execute<Record<string, unknown>[]>(sql).catch(inUseWhen(lockedNow)));
}

/**
 * Stores answers in the transaction of what they answer. That another process has answered one of them meanwhile is told by what
 * they travel with ({@link inUseWhen}): asked again, it is recalled.
 */
export async function storeAnswers(
  tx: EntityManager,
  answers: readonly Readonly<{ request: KeyedRequest; answer: StoredAnswer; at: Date }>[],
): Promise<void> {
  const rows = answers.map(({ request, answer: { text: body, ...answer }, at: createdAt }) => ({
    ...request,
    ...answer,
    body,
    createdAt,
  }));
  // In one order, so that two batches never wait for each other in a circle.
  const inOrder = rows.toSorted((one, other) => (nameOf(one) < nameOf(other) ? -1 : 1));
  await insertRows(tx, IdempotencyKey, inOrder);
}

/** Says that a request of this name is being worked on, when that is what an error of MySQL means. */
export function inUseWhen(errors: readonly number[]) {
  return (error: unknown): never => {
    if (error instanceof Error && 'errno' in error && errors.includes(Number(error.errno)))
      throw new KeyInUse('a request with this key is being worked on', { cause: error });
    throw error;
  };
}

/** The name has been given to another request before. */
export function reused(): Problem {
  return new Problem('idempotency_key_reused', 'This key has come with another request before.', {
    errors: [{ pointer: 'idempotency-key', detail: 'use a new key for a new request' }],
  });
}

function recalledFrom({ user_id: userId, key, fingerprint, status, body: text, location }: Row): Recalled {
  return { userId, key, fingerprint, status, text, location };
}

/** Safe because the statement names exactly these columns. */
function isRow(row: Record<string, unknown>): row is Row {
  return 'fingerprint' in row;
}

type Row = Readonly<{
  user_id: number;
  key: string;
  fingerprint: string;
  status: number;
  body: string;
  location: string | null;
}>;
