import { z } from '@hono/zod-openapi';
import { Problem } from '../errors.ts';
import { digitsOfId } from './integer-id.ts';

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
