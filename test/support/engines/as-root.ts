import { type ConnectionOptions, createConnection } from 'mysql2/promise';
import { z } from 'zod';

const Rows = z.array(z.record(z.string(), z.unknown()));

/** Runs statements as root, by a server's socket, and returns the rows of the last. */
export async function runAsRoot(socketPath: string, statements: readonly string[]) {
  return runStatements({ socketPath, user: 'root' }, statements);
}

/** The same as anybody, wherever the server is. @throws when it is not there within two seconds */
export async function runStatements(server: ConnectionOptions, statements: readonly string[]) {
  const connection = await createConnection({ ...server, connectTimeout: 2_000 });
  try {
    const answers: unknown[] = [];
    for (const statement of statements) answers.push((await connection.query(statement))[0]);
    return Rows.safeParse(answers.at(-1)).data ?? [];
  } finally {
    connection.destroy();
  }
}
