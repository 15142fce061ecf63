import { randomUUIDv7 } from 'node:crypto';
import { z } from '@hono/zod-openapi';
import type { Tick } from '../../market/ticks/live.ts';

/** What `types` calls them. */
export const tickType = 'tick';

/**
 * A tick as a follower of the market gets it. It is no event of the stream: it has no number and no place to come back to, and only the
 * newest of a symbol is told.
 */
export const TickView = z
  .object({
    id: z.string(),
    type: z.literal(tickType),
    schema: z.literal(1),
    time: z.string(),
    subject: z.string(),
    data: z.object({ symbol: z.string(), p: z.number(), v: z.number(), t: z.int() }),
  })
  .openapi('Tick');

/** The frame of a tick; without `id:`, so that who comes back does so to the event before it. */
export function tickFrame(tick: Tick): string {
  const shown: z.output<typeof TickView> = {
    id: randomUUIDv7(),
    type: tickType,
    schema: 1,
    time: new Date(tick.t).toISOString(),
    subject: tick.symbol,
    data: tick,
  };
  return `event: ${tickType}\ndata: ${JSON.stringify(shown)}\n\n`;
}
