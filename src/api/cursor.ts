import { Problem } from '../errors.ts';

/** Where a list goes on: opaque to callers, and good only for the list (with its filters) that gave it. */
export function writeCursor(list: string, lastId: string): string {
  return Buffer.from(JSON.stringify([list, lastId])).toString('base64url');
}

/** The id after which the list goes on. @throws Problem when the cursor is not one of this list. */
export function readCursor(list: string, cursor: string): string {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    if (Array.isArray(parsed) && parsed.length === 2 && parsed[0] === list && typeof parsed[1] === 'string')
      return parsed[1];
  } catch {
    // Not one of ours: the same answer as for one of another list.
  }
  throw new Problem('invalid', 'The cursor is not one of this list.', {
    errors: [{ pointer: 'cursor', detail: 'must be the next_cursor of the same list with the same filters' }],
  });
}
