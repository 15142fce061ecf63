import { onKept } from '../parts/use-kept.ts';

// The session's cookie cannot be seen from here; who has never logged in is not asked for on every visit.
const name = 'orderflow-user';

/** The id of who is logged in here, as far as this browser remembers. */
export const who = {
  read: () => localStorage.getItem(name) ?? undefined,
  remember: (id: number) => localStorage.setItem(name, String(id)),
  forget: () => localStorage.removeItem(name),
  /** Calls back when another page of this browser has logged in or out. */
  onChange: (listener: () => void): (() => void) => onKept(name, listener),
};
