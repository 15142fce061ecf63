import { readingEm } from '../../mysql/reading.ts';
import { z } from '@hono/zod-openapi';
import { Problem } from '../../errors.ts';
import { Bar, barSeconds, barsOf, holesBetween } from '../../market/bars.ts';
import { Symbol } from '../../market/symbol.ts';
import { Moment } from '../../process/moment.ts';
import { defineRoute } from '../http/define-route.ts';
import { spanOf } from '../http/span.ts';

const most = 1_500;
const defaultDays = 1;

const BarsView = z
  .object({
    symbol: z.string(),
    interval: z.enum(['1m', '5m', '15m', '1h', '1d']),
    from: z.string(),
    to: z.string(),
    data: z.array(Bar),
    gaps: z.array(z.object({ from: z.int(), to: z.int() })),
  })
  .openapi('Bars');

const bars = defineRoute(
  'public',
  {
    method: 'get',
    path: '/market/bars',
    operationId: 'readBars',
    summary: 'Bars of a symbol, made of its stored prices.',
    tags: ['market'],
    request: {
      query: z.object({
        symbol: Symbol.meta({ example: 'AAPL' }),
        interval: z.enum(['1m', '5m', '15m', '1h', '1d']).default('1m'),
        from: Moment.optional().openapi({ example: '2025-09-19' }),
        to: Moment.optional().openapi({ example: '2025-09-19T21:00:00Z' }),
      }),
    },
    responses: {
      200: {
        description: 'The bars, oldest first.',
        content: {
          'application/json': {
            schema: BarsView,
            example: {
              symbol: 'AAPL',
              interval: '1h' as const,
              from: '2025-09-19T00:00:00.000Z',
              to: '2025-09-19T21:00:00.000Z',
              data: [
                { t: 1_758_301_200, o: 244.9, h: 245.75, l: 244.8, c: 245.5, n: 325 },
                { t: 1_758_308_400, o: 245.5, h: 246.3, l: 245.1, c: 245.5, n: 327 },
              ],
              gaps: [{ from: 1_758_304_800, to: 1_758_308_400 }],
            },
          },
        },
      },
    },
  },
  async (c) => {
    const { symbol, interval, ...named } = c.req.valid('query');
    const { from, to, view } = spanOf(named, c.var.ctx.now(), defaultDays);
    refuseTooMany((to.getTime() - from.getTime()) / 1_000 / barSeconds[interval]);
    const data = await barsOf(readingEm(c.var.ctx.orm), symbol, interval, { from, to });
    return c.json({ symbol, interval, ...view, data, gaps: holesBetween(data, interval) }, 200);
  },
);

function refuseTooMany(count: number): void {
  if (count <= most) return;
  const detail = `${Math.ceil(count)} intervals lie in the span; at most ${most} are answered`;
  throw new Problem('invalid', `${detail}. Ask for longer bars or a shorter span.`, {
    errors: [{ pointer: 'interval', detail }],
  });
}

/** What the stored prices amount to. */
export const routes = [bars];
