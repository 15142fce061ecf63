import { openListeners } from './listeners.ts';

const fair = openListeners<number>();

/** The server and all that it needs were found well by who asked at `askedAtMs`. */
export const sayFair = fair.tell;

/** Calls back each time that this is so, until the returned function is called. */
export const onFair = fair.hear;
