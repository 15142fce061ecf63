import { openListeners } from './listeners.ts';

/** Told whether somebody has logged in once more. */
export type Freshness = (isFresh: boolean) => void;

const asked = openListeners<Freshness>();

/** Asks whoever sits here to log in once more; false: they would rather not. */
export function askForFreshLogin(): Promise<boolean> {
  return new Promise((resolve) => asked.tell(resolve));
}

/** Calls back whenever a fresh login is asked for. */
export const onFreshLogin = asked.hear;
