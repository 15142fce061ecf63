import { GiveUp, NotInPlan, RateLimited } from '../errors.ts';
import { isShutDown } from '../process/deadline.ts';
import type { FailedFetches } from './failed-fetches.ts';

/** A call for which a reader has to wait, and how long it counts when it brings nothing. */
export type Look = Readonly<{ name: string; signal: AbortSignal; forMs(): Promise<number> }>;

/**
 * Makes a call, and remembers it when it fails: until its time is up no reader causes another, so that a further attempt
 * would find nothing to do. A rest, a plan without the call, and a process that ends count for no look.
 * @throws GiveUp instead of a fault.
 */
export async function lookOnce<T>(
  failedFetches: Pick<FailedFetches, 'note'>,
  { name, signal, forMs }: Look,
  call: () => Promise<T>,
): Promise<T> {
  return call().catch(async (error: unknown) => {
    if (error instanceof RateLimited || error instanceof NotInPlan || isShutDown(signal)) throw error;
    await failedFetches.note(name, await forMs());
    if (error instanceof GiveUp) throw error;
    throw new GiveUp(error instanceof Error ? error.message : String(error), { cause: error });
  });
}
