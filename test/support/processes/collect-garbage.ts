import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { until } from './process.ts';

/** Collects until hardly any of these is left: what the last turn has used may be kept for a while. @throws when many are kept. */
export async function expectCollected(what: string, some: readonly WeakRef<object>[]): Promise<void> {
  const most = Math.ceil(some.length / 100);
  setFlagsFromString('--expose-gc');
  try {
    await until(`the end of all ${what} but ${most}`, async () => {
      runInNewContext('gc()');
      // A reference that has been looked at lasts until the turn is over.
      await turn();
      return some.filter((each) => each.deref() !== undefined).length <= most ? true : undefined;
    });
  } finally {
    setFlagsFromString('--no-expose-gc');
  }
}
