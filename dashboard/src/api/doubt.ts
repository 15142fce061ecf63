import { openListeners } from './listeners.ts';

const doubts = openListeners<void>();

/** Something says that whoever is logged in may no longer be, or may no longer do what it could. */
export const doubt = (): void => doubts.tell();

/** Calls back whenever there is such a doubt, until the returned function is called. */
export const onDoubt = doubts.hear;
