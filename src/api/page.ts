import { z } from '@hono/zod-openapi';
import { writeCursor } from './cursor.ts';
import { wholeNumber } from './whole-number.ts';

/** The parameters by which every paged list is asked. */
export const PageQuery = {
  cursor: z.string().max(500).optional().openapi({ description: 'The `next_cursor` of the page before.' }),
  limit: wholeNumber(1, 100).default(20),
} as const;

/** Cuts a page out of rows of which one more than `limit` was asked for, and says where the list goes on. */
export function cutPage<Row extends Readonly<{ id: string | number }>>(
  list: string,
  rows: readonly Row[],
  limit: number,
): { page: Row[]; next_cursor: string | null } {
  const page = rows.slice(0, limit);
  const last = rows.length > limit ? page.at(-1) : undefined;
  return { page, next_cursor: last ? writeCursor(list, String(last.id)) : null };
}
