import { openListeners } from './listeners.ts';

const fair = openListeners<number>();

/** The server and all that it needs were found well by who asked at `askedAtMs`. */
export const sayFair = fair.tell;

/** Calls back each time that this is so, until the returned function is called. */
export const onFair = fair.hear;

/** Reads something whenever it is told to, and, when that has failed, again in fair weather. */
export function openReading(step: () => Promise<void>): Readonly<{ read(): void; close: () => void }> {
  let isMissing = false;
  const read = () => {
    isMissing = false;
    step().catch(() => (isMissing = true));
  };
  const close = onFair(() => {
    if (isMissing) read();
  });
  return { read, close };
}
