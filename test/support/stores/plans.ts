import type { EntityManager } from '@mikro-orm/mysql';
import { z } from 'zod';

const Name = z.string().nullable();
const Explained = z.array(z.object({ table: Name, type: Name, key: Name }));

/** How the server comes by the rows of a table: by which index, or by reading all of it. */
export type Step = Readonly<{ table: string; index: string | null; isWhole: boolean }>;

/** The server's plan of a statement; of one that looks for nothing there is none. */
export async function planOf(em: EntityManager, statement: string): Promise<readonly Step[]> {
  if (!/^\s*(select|update|delete)\b.*\bwhere\b/is.test(statement)) return [];
  const named = [...statement.matchAll(/\b(?:from|join) `?(\w+)`?(?: as)? `?(\w+)`?/g)];
  const tableOf = new Map(named.map(([, table = '', alias = '']) => [alias, table]));
  const steps = Explained.parse(await em.execute(`explain format=traditional ${statement}`));
  return steps.flatMap(({ table, type, key }) =>
    // What needs no look into a table has none here.
    table === null ? [] : [{ table: tableOf.get(table) ?? table, index: key, isWhole: type === 'ALL' }],
  );
}
