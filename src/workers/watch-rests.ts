import type { Context } from '../context.ts';
import { mostRestMs } from '../jobs/queues.ts';

/** Ends a queue's rest that would not end by itself, or later than any that is asked for. */
export async function watchRests({ producer, log }: Pick<Context, 'producer' | 'log'>): Promise<void> {
  for (const queue of producer.queues.values()) {
    // However much of a rest it is. Without an end it is -1, without a count -2.
    const leftMs = await queue.getRateLimitTtl(0);
    if (leftMs !== -1 && leftMs <= mostRestMs) continue;
    await queue.removeRateLimitKey();
    log.warn({ queue: queue.name, leftMs }, 'a rest without an end has been ended');
  }
}
