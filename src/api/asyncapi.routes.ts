import { z } from '@hono/zod-openapi';
import type { Definitions } from '../load-definitions.ts';
import { asyncApiOf } from './asyncapi.ts';
import { defineRoute } from './define-route.ts';
import { answerText, type JsonText, jsonText } from './json-text.ts';
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
      304: { description: 'The copy that If-None-Match names is still the newest.' },
    },
  },
  async (c) => answerText(c, textOf(c.var.ctx.definitions)),
);

const texts = new WeakMap<Definitions, JsonText>();

function textOf(definitions: Definitions): JsonText {
  const text = texts.get(definitions) ?? jsonText(asyncApiOf(definitions, version));
  texts.set(definitions, text);
  return text;
}

/** The streams' description. */
export const routes = [asyncApi];
