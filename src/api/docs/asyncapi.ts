import { z } from '@hono/zod-openapi';
import type { Definitions } from '../../jobs/load-definitions.ts';
import type { EventDefinition, Stream } from '../../streams/define-event.ts';
import { defineRoute, type Route } from '../http/define-route.ts';
import { answerText, type JsonText, jsonText } from '../http/conditional.ts';
import { version as ownVersion } from './openapi.ts';

const about =
  'What Orderflow announces on Redis streams, at least once, in order per subject. A consumer drops what it has seen by ' +
  '`id`, and knows by a jump of `version` that it has missed something of a subject. In Redis each field of the payload ' +
  'is a field of the entry, as text, and `data` is JSON text. Browsers read `orders` and `market` as server-sent ' +
  'events at /streams/orders and /streams/market, where the payload is one line of JSON, and webhooks (POST /webhooks) post the ' +
  'same line, signed; see /openapi.json.';

/** AsyncAPI's description of every stream and event, from their definitions: one that is added is in it by itself. */
export function asyncApiOf({ streams, events }: Definitions, version: string) {
  const all = [...events.values()];
  return {
    asyncapi: '3.0.0',
    info: { title: 'Orderflow', version, description: about },
    defaultContentType: 'application/json',
    servers: {
      redis: {
        host: '{host}:{port}',
        protocol: 'redis',
        description: 'The Redis of REDIS_HOST, REDIS_PORT and REDIS_DB.',
        variables: { host: { default: '127.0.0.1' }, port: { default: '6379' } },
      },
    },
    channels: record(
      [...streams.values()],
      ({ name }) => name,
      (stream) => channelOf(stream, eventsOf(all, stream)),
    ),
    operations: record([...streams.values()], ({ name }) => `announce-${name}`, operationOf),
    components: { messages: record(all, ({ type }) => type, messageOf) },
  };
}

function record<T, V>(all: readonly T[], nameOf: (some: T) => string, valueOf: (some: T) => V): Record<string, V> {
  return Object.fromEntries(all.map((some): [string, V] => [nameOf(some), valueOf(some)]));
}

function eventsOf(all: readonly EventDefinition[], { name }: Stream): EventDefinition[] {
  return all.filter(({ stream }) => stream.name === name);
}

function channelOf({ name, summary, maxLength }: Stream, events: readonly EventDefinition[]) {
  return {
    address: name,
    summary,
    servers: [{ $ref: '#/servers/redis' }],
    messages: record(
      events,
      ({ type }) => type,
      ({ type }) => ({ $ref: `#/components/messages/${type}` }),
    ),
    'x-redis-stream': { key: name, maxlen: maxLength, approximate: true },
  };
}

function operationOf({ name, summary }: Stream) {
  return { action: 'send', summary, channel: { $ref: `#/channels/${name}` } };
}

function messageOf(event: EventDefinition) {
  const { type, schema, summary, example } = event;
  const envelope = {
    id: '019341d2-0000-7000-8000-000000000004',
    type,
    version: 1,
    schema,
    time: '2026-11-22T10:00:01.000Z',
    subject: example.subject,
  };
  return {
    name: type,
    title: summary,
    summary,
    contentType: 'application/json',
    payload: payloadOf(event),
    examples: [{ name: type, payload: { ...envelope, data: example.data } }],
  };
}

/** The envelope and the data as JSON Schema. Fields may be added later, so that others are not forbidden. */
function payloadOf({ type, schema, data }: EventDefinition): object {
  const envelope = z.object({
    id: z.uuid().describe('The event’s own id; a repeat has the same.'),
    type: z.literal(type),
    version: z.int().positive().describe('The subject’s events are numbered 1, 2, 3 … without gaps.'),
    schema: z.literal(schema).describe('Version of the data’s shape.'),
    time: z.iso.datetime().describe('When it was decided.'),
    subject: z.string().describe('What the event is about.'),
    data,
  });
  const { $schema: _, ...described } = z.toJSONSchema(envelope, {
    target: 'draft-7',
    io: 'input',
    // Every whole number in JSON is in this range, and a format's name says what its pattern does.
    override({ jsonSchema }) {
      if (jsonSchema.format) delete jsonSchema.pattern;
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
    },
  });
  return described;
}

const Description = z.looseObject({ asyncapi: z.string(), channels: z.record(z.string(), z.unknown()) });

/** The route of the streams' description, which is made once, when it is first asked for. */
export function asyncApiRoute(definitions: Definitions): Route {
  let text: JsonText | undefined;
  return defineRoute(
    'public',
    {
      method: 'get',
      path: '/asyncapi.json',
      operationId: 'readAsyncApi',
      summary: 'The Redis streams and their events, AsyncAPI 3.0.',
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
    async (c) => answerText(c, (text ??= jsonText(asyncApiOf(definitions, ownVersion)))),
  );
}
