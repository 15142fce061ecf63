import { z } from '@hono/zod-openapi';
import { Problem } from '../../errors.ts';
import { Symbol } from '../../market/symbol.ts';
import { completenessOf, mostHoles } from '../../market/ticks/completeness.ts';
import { readingEm } from '../../mysql/reading.ts';
import { Moment } from '../../process/moment.ts';
import { defineRoute } from '../http/define-route.ts';
import { spanOf } from '../http/span.ts';

const defaultDays = 1;

const CompletenessView = z
  .object({
    symbol: z.string(),
    from: z.string(),
    to: z.string(),
    is_live: z.boolean(),
    covered_seconds: z.number(),
    covered_until: z.string().nullable(),
    holes: z.array(z.object({ from: z.string(), to: z.string(), seconds: z.number(), observed: z.int() })),
  })
  .openapi('Completeness');

const completeness = defineRoute(
  'public',
  {
    method: 'get',
    path: '/market/completeness',
    operationId: 'readCompleteness',
    summary: 'Of which time every trade of a symbol is stored, and where there are holes.',
    tags: ['market'],
    request: {
      query: z.object({
        symbol: Symbol.meta({ example: 'AAPL' }),
        from: Moment.optional().openapi({ example: '2025-09-19T20:00:00Z' }),
        to: Moment.optional().openapi({ example: '2025-09-19T21:00:00Z' }),
      }),
    },
    responses: {
      200: {
        description: 'What is covered, and what is not, oldest first.',
        content: {
          'application/json': {
            schema: CompletenessView,
            example: {
              symbol: 'AAPL',
              from: '2025-09-19T20:00:00.000Z',
              to: '2025-09-19T21:00:00.000Z',
              is_live: true,
              covered_seconds: 3_587.5,
              covered_until: '2025-09-19T21:00:00.000Z',
              holes: [{ from: '2025-09-19T20:10:00.000Z', to: '2025-09-19T20:10:12.500Z', seconds: 12.5, observed: 1 }],
            },
          },
        },
      },
    },
  },
  async (c) => {
    const { symbol, ...named } = c.req.valid('query');
    const { config, orm, now } = c.var.ctx;
    const { from, to, view } = spanOf(named, now(), defaultDays);
    const found = await completenessOf(readingEm(orm), symbol, { from, to }, now());
    if (!found) throw tooMany();
    const text = (ms: number) => new Date(ms).toISOString();
    const holes = found.holes.map(({ fromMs, toMs, observed }) => ({
      from: text(fromMs),
      to: text(toMs),
      seconds: (toMs - fromMs) / 1_000,
      observed,
    }));
    const until = found.coveredUntilMs === undefined ? null : text(found.coveredUntilMs);
    const isLive = config.tradeSocketUrl !== undefined;
    const covered = { is_live: isLive, covered_seconds: found.coveredMs / 1_000, covered_until: until };
    return c.json({ symbol, ...view, ...covered, holes }, 200);
  },
);

function tooMany(): Problem {
  const detail = `holds more than ${mostHoles} holes`;
  return new Problem('invalid', `The span ${detail}. Ask for a shorter one.`, {
    errors: [{ pointer: 'from', detail }],
  });
}

/** How complete ticks are. */
export const routes = [completeness];
