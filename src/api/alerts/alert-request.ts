import { z } from '@hono/zod-openapi';
import { Symbol } from '../../market/symbol.ts';
import { StandingOrderRequest } from '../orders/order-request.ts';

const Level = z.number().positive().max(1e11);
const leastPercent = 0.01;
const mostPercent = 1_000;

/** What somebody wants to be told of, and what is to be ordered then. */
export const AlertRequest = z
  .strictObject({
    symbol: Symbol.meta({ example: 'AAPL' }),
    above: Level.optional().openapi({ description: 'Fires when the price is above, and was not before.' }),
    below: Level.optional().openapi({ description: 'Fires when the price is below, and was not before.' }),
    percent: z.number().min(leastPercent).max(mostPercent).optional().openapi({
      description: 'Fires when the price has moved by so much, up or down, since the alert was made or fired last.',
    }),
    once: z.boolean().optional().openapi({
      description: 'Whether it ends when it has fired. Default: yes of one with an order, else no.',
    }),
    order: StandingOrderRequest.optional().openapi({
      description: 'Is placed when the alert fires first, unless it costs more than its `max_total` then.',
    }),
    webhook: z
      .union([z.uuid(), z.url({ protocol: /^https?$/ }).max(2_000)], {
        error: 'must be the id of a webhook of yours, or an https address',
      })
      .optional()
      .openapi({
        description:
          'The one webhook that is told, or the address of a new one. None, or once it is deleted: each that takes `alert.fired`.',
      }),
  })
  .superRefine(({ above, below, percent }, check) => {
    if ([above, below, percent].filter((one) => one !== undefined).length !== 1)
      check.addIssue({ code: 'custom', path: ['above'], message: 'send exactly one of above, below and percent' });
  })
  .openapi('AlertRequest');
/** What somebody wants to be told of. */
export type AlertRequest = z.output<typeof AlertRequest>;

/** The condition that a request names. */
export function conditionOf({ above, below, percent }: AlertRequest) {
  if (above !== undefined) return { kind: 'above', threshold: above } as const;
  if (below !== undefined) return { kind: 'below', threshold: below } as const;
  return { kind: 'percent', threshold: percent ?? leastPercent } as const;
}
