import { z } from '@hono/zod-openapi';
import { Problem } from '../../errors.ts';
import { digitsOfId, wholeNumber } from './fields.ts';

/** Where a list by UUIDs goes on. */
export const AfterUuid = z.guid();

/** Where a list by numbers goes on. */
export const AfterInteger = z.string().regex(digitsOfId).transform(Number);

const Cursor = z.string().transform((text, check): unknown => {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString());
  } catch {
    check.addIssue('is not JSON');
    return z.NEVER;
  }
});

/** Where a list goes on: opaque to callers, and good only for the list (with its filters) that gave it. */
export function writeCursor(list: string, lastId: string): string {
  return Buffer.from(JSON.stringify([list, lastId])).toString('base64url');
}

/** The place after which the list goes on, as `Place` reads it. @throws Problem when the cursor is not one of this list. */
export function readCursor<Place>(list: string, cursor: string, place: z.ZodType<Place, string>): Place {
  const read = Cursor.pipe(z.tuple([z.literal(list), place])).safeParse(cursor);
  if (read.success) return read.data[1];
  throw new Problem('invalid', 'The cursor is not one of this list.', {
    errors: [{ pointer: 'cursor', detail: 'must be the next_cursor of the same list with the same filters' }],
  });
}

/** Where a list by time goes on: after what bears this moment and this rank in it. */
export type TimedPlace = Readonly<{ at: Date; rank: string }>;

/** A place as the id of a list. */
export function placeId({ at, rank }: TimedPlace): string {
  return `${at.getTime()}@${rank}`;
}

/** Places of a list by time, of which only these ranks occur. */
export function placesOf(ranks: RegExp): z.ZodType<TimedPlace, string> {
  return z
    .string()
    .regex(/^\d{1,14}@/)
    .transform((id) => ({ at: new Date(Number(id.slice(0, id.indexOf('@')))), rank: id.slice(id.indexOf('@') + 1) }))
    .refine(({ rank }) => ranks.test(rank));
}

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

type Asked = Readonly<{ cursor?: string | undefined; limit: number }>;

/** A page of a list that is all at hand, and always of the same rows. @throws Problem when the cursor names none of them. */
export function pageOf<Row>(
  list: string,
  rows: readonly Row[],
  { cursor, limit }: Asked,
  idOf: (row: Row) => string,
): { data: Row[]; next_cursor: string | null } {
  const ids = rows.map(idOf);
  const place = z.string().refine((id) => ids.includes(id));
  const start = cursor === undefined ? 0 : ids.indexOf(readCursor(list, cursor, place)) + 1;
  return cutAt(list, rows.slice(start), limit, idOf);
}

/**
 * A page of a list that is all at hand, in the order of its names: where the last row of the page before has left it, it goes on at
 * the next. @throws Problem when the cursor holds no such name.
 */
export function pageByName<Row>(
  { list, name }: Readonly<{ list: string; name: z.ZodType<string, string> }>,
  rows: readonly Row[],
  { cursor, limit }: Asked,
  nameOf: (row: Row) => string,
): { data: Row[]; next_cursor: string | null } {
  const place = z.string().refine((some) => name.safeParse(some).data === some);
  const last = cursor === undefined ? undefined : readCursor(list, cursor, place);
  const left = last === undefined ? rows : rows.filter((row) => nameOf(row) > last);
  return cutAt(list, left, limit, nameOf);
}

function cutAt<Row>(list: string, rows: readonly Row[], limit: number, idOf: (row: Row) => string) {
  const some = rows.slice(0, limit + 1).map((row) => ({ id: idOf(row), row }));
  const { page, next_cursor } = cutPage(list, some, limit);
  return { data: page.map(({ row }) => row), next_cursor };
}
