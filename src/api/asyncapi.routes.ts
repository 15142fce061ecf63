import { z } from '@hono/zod-openapi';
import { asyncApiOf } from './asyncapi.ts';
import { defineRoute } from './define-route.ts';
import { version } from './version.ts';

const Description = z.looseObject({ asyncapi: z.string(), channels: z.record(z.string(), z.unknown()) });

const asyncApi = defineRoute(
  'public',
  {
    method: 'get',
    path: '/asyncapi.json',
    operationId: 'readAsyncApi',
    summary: 'The Redis streams and their events, AsyncAPI 3.0.',
    description: 'A channel is a stream, a message is an event: what consumers generate their types from.',
    tags: ['about'],
    responses: {
      200: {
        description: 'The description.',
        content: {
          'application/json': {
            schema: Description,
            example: { asyncapi: '3.0.0', channels: { orders: { address: 'orders' } } },
          },
        },
      },
    },
  },
  (c) => c.json(asyncApiOf(c.var.ctx.definitions, version), 200),
);

/** The streams' description. */
export const routes = [asyncApi];
