import type { Connection } from 'mysql2';
import { z } from 'zod';
import { askRows } from './ask-rows.ts';
import type { Session } from './session.ts';

/** What a server is doing on its threads, by their numbers, and what it calls itself. */
export type Threads = Readonly<{ server: string; commands: ReadonlyMap<number, string> }>;

const Named = z.tuple([z.object({ server: z.string() })]);
const Rows = z.array(
  z.object({ thread: z.number(), command: z.string(), is_asking: z.coerce.number(), server: z.string() }),
);

// What is the same as long as its data are; MariaDB has no name that goes with them, and reads what MySQL takes for a comment.
const server = "concat_ws(':', /*!80000 @@server_uuid, */ /*M! @@hostname, @@port, */ @@server_id)";

/** What the server of a session calls itself; nothing, where it does not say. @throws when the session is lost. */
export function serverOf(session: Session): Promise<string> {
  return new Promise((resolve, reject) => {
    session.query(`select ${server} as server`, [], (error, rows) => {
      if (error instanceof Error && !('sqlState' in error)) reject(error);
      else resolve(Named.safeParse(rows).data?.[0].server ?? '');
    });
  });
}

/** What a server does on those of the threads that it has. A login sees its own. */
export async function threadsOf(connection: Connection, ids: readonly number[]): Promise<Threads | undefined> {
  const { threadId } = connection;
  const sql = `select id as thread, command as command, id = connection_id() as is_asking, ${server} as server
    from information_schema.processlist where id in (${[threadId, ...ids].join(', ')})`;
  const rows = Rows.parse(await askRows(connection, sql));
  const asking = rows.find(({ is_asking }) => is_asking === 1);
  // A proxy that gives numbers of its own leads to a server that has others: nothing can be said of them.
  if (asking?.thread !== threadId) return undefined;
  return { server: asking.server, commands: new Map(rows.map(({ thread, command }) => [thread, command])) };
}
