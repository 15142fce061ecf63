import { setTimeout as sleep } from 'node:timers/promises';
import { judgePrices, lookForPrices } from '../alerts/judge-prices.ts';
import { placeCarried } from '../alerts/place-carried.ts';
import { stopWatchingForAlerts } from '../alerts/watch-symbols.ts';
import type { Context } from '../context.ts';

type Parts = Pick<Context, 'orm' | 'transaction' | 'config' | 'payments' | 'market' | 'log' | 'now'>;

// While there are no alerts only the first one waits for a look.
const idleMs = 2_000;
const busyMs = 200;

/**
 * Judges stored prices for alerts and places the orders that these carry, until the signal aborts. MySQL says what there is to
 * do, so that nothing of it is lost with Redis, or with a process.
 */
export async function judgeAlerts(context: Parts, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const isBusy = await judgeWaiting(context, signal).catch((error: unknown) => {
      context.log.warn({ err: error }, 'alerts: a look failed and will be tried again');
      return false;
    });
    // No two processes keep step.
    const pauseMs = (isBusy ? busyMs : idleMs) * (0.5 + Math.random());
    await sleep(pauseMs, undefined, { signal }).catch(() => {});
  }
}

/** Does what there is to do now, and says whether anybody waits for more of it. */
export async function judgeWaiting(context: Parts, signal?: AbortSignal): Promise<boolean> {
  for (;;) {
    const look = await lookForPrices(context.orm.em.fork());
    // While there are no alerts the cursor stays where it is: whoever makes the first one moves it on.
    const round = look.isAny && look.written > look.judged ? await judgePrices(context, look) : undefined;
    if (round?.hasEnded)
      await context.transaction((tx) => stopWatchingForAlerts(tx, context.market.watchlist, context.now()));
    if (look.isDue || round) await placeCarried(context);
    if (signal?.aborted || !round || round.position >= look.written) return look.isAny || look.isDue;
  }
}
