import type { Connection } from 'mysql2';
import { within } from '../process/deadline.ts';

/** How long a server may take to say something of itself. */
export const longestAskMs = 2_000;

/** The rows that a server tells of itself. @throws TooLate when it is silent. */
export async function askRows(connection: Connection, sql: string): Promise<unknown> {
  return within(longestAskMs, 'MySQL', connection.promise().query(sql)).then(([found]) => found);
}
