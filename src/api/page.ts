import { z } from '@hono/zod-openapi';
import { readCursor, writeCursor } from './cursor.ts';
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

/** The parameters of a list that is all at hand, and short: it is told whole unless less is asked for. */
export const ShortPageQuery = { ...PageQuery, limit: wholeNumber(1, 100).default(100) } as const;

/** A page of a list that is all at hand. @throws Problem when the cursor names none of its rows. */
export function pageOf<Row>(
  list: string,
  rows: readonly Row[],
  { cursor, limit }: Readonly<{ cursor?: string | undefined; limit: number }>,
  idOf: (row: Row) => string,
): { data: Row[]; next_cursor: string | null } {
  const ids = rows.map(idOf);
  const place = z.string().refine((id) => ids.includes(id));
  const start = cursor === undefined ? 0 : ids.indexOf(readCursor(list, cursor, place)) + 1;
  const some = rows.slice(start, start + limit + 1).map((row) => ({ id: idOf(row), row }));
  const { page, next_cursor } = cutPage(list, some, limit);
  return { data: page.map(({ row }) => row), next_cursor };
}
