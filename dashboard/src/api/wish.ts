import { who } from './who.ts';

/** Something that somebody wants done once. */
export type Wish = Readonly<{
  path: string;
  body: object;
  /** What was there when it was wished for, where the same may be wished for again once that is another. */
  seen?: string | number | undefined;
}>;

/**
 * The Idempotency-Key under which a wish is asked for until it is answered: one for each user, path, body and what was
 * seen, kept by this tab, so that a click after a lost answer or a reload means the same as the first one.
 */
export function keyOf(wish: Wish): string {
  const kept = sessionStorage.getItem(nameOf(wish));
  if (kept !== null) return kept;
  const key = newKey();
  sessionStorage.setItem(nameOf(wish), key);
  return key;
}

/** A wish has been answered under this key: whoever asks again wants it once more. */
export function settle(wish: Wish, key: string): void {
  if (sessionStorage.getItem(nameOf(wish)) === key) sessionStorage.removeItem(nameOf(wish));
}

function nameOf({ path, body, seen = '' }: Wish): string {
  return `orderflow-wish ${who.read()} ${path} ${JSON.stringify(body)} ${seen}`;
}

// `randomUUID` is there only on secure origins; a page opened over plain HTTP from another machine is none.
function newKey(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
