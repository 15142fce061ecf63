import { createConnection } from 'mysql2/promise';
import { z } from 'zod';

const Rows = z.array(z.record(z.string(), z.unknown()));

/** Runs statements as root, by a server's socket, and returns the rows of the last. */
export async function runAsRoot(socketPath: string, statements: readonly string[]) {
  const root = await createConnection({ socketPath, user: 'root', connectTimeout: 2_000 });
  try {
    const answers: unknown[] = [];
    for (const statement of statements) answers.push((await root.query(statement))[0]);
    return Rows.safeParse(answers.at(-1)).data ?? [];
  } finally {
    root.destroy();
  }
}
