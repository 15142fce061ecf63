import { z } from '@hono/zod-openapi';
import type { Definitions } from '../../jobs/load-definitions.ts';
import type { EventDefinition, EventShape, Stream } from '../../streams/define-event.ts';
import { webhookTest } from '../../webhooks/test-event.ts';
import { defineRoute, type Route } from '../http/define-route.ts';
import { answerPage, type Content } from '../http/own-page.ts';
import { asyncApiBody } from './asyncapi-page.ts';
import { alreadyThere, answerText, type JsonText, jsonText, TagHeader } from '../http/conditional.ts';
import { exampleMessage, messageSchema } from './messages.ts';
import { version as ownVersion } from '../../process/version.ts';

const about =
  'What Orderflow announces on Redis streams, at least once, in order per subject. A consumer drops what it has seen by ' +
  '`id`, and knows by a jump of `version` that it has missed something of a subject. In Redis each field of the payload ' +
  'is a field of the entry, as text, and `data` is JSON text. Browsers read `orders`, `market` and `alerts` as ' +
  'server-sent events at /streams/orders, /streams/market and /streams/alerts, where the payload is one line of JSON, and ' +
  'webhooks (POST /webhooks) post the same line, signed; see /openapi.json.';

const webhooks = 'What is posted, signed, to the addresses of webhooks: whatever they have asked for.';

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
      receiver: {
        host: '{host}',
        protocol: 'https',
        description: 'Where the address of a webhook is.',
        variables: { host: { default: 'shop.example.com' } },
      },
    },
    channels: channelsOf([...streams.values()], all),
    operations: {
      ...record([...streams.values()], ({ name }) => `announce-${name}`, operationOf),
      'post-webhooks': operationOf({ name: 'webhooks', summary: webhooks }),
    },
    components: { messages: record([...all, webhookTest], ({ type }) => type, messageOf) },
  };
}

function record<T, V>(all: readonly T[], nameOf: (some: T) => string, valueOf: (some: T) => V): Record<string, V> {
  return Object.fromEntries(all.map((some): [string, V] => [nameOf(some), valueOf(some)]));
}

function eventsOf(all: readonly EventDefinition[], { name }: Stream): EventDefinition[] {
  return all.filter(({ stream }) => stream.name === name);
}

type Channel = Readonly<{
  address: string | null;
  summary: string;
  servers: readonly Readonly<{ $ref: string }>[];
  messages: Readonly<Record<string, Readonly<{ $ref: string }>>>;
  'x-redis-stream'?: Readonly<{ key: string; maxlen: number; approximate: boolean }>;
}>;

function channelsOf(streams: readonly Stream[], all: readonly EventDefinition[]): Readonly<Record<string, Channel>> {
  const webhook = {
    address: null,
    summary: webhooks,
    servers: [{ $ref: '#/servers/receiver' }],
    messages: referencesTo([...all, webhookTest]),
  };
  const channels = streams.map((stream): [string, Channel] => [stream.name, channelOf(stream, eventsOf(all, stream))]);
  return Object.fromEntries<Channel>([...channels, ['webhooks', webhook]]);
}

function channelOf({ name, summary, maxLength }: Stream, events: readonly EventDefinition[]): Channel {
  return {
    address: name,
    summary,
    servers: [{ $ref: '#/servers/redis' }],
    messages: referencesTo(events),
    'x-redis-stream': { key: name, maxlen: maxLength, approximate: true },
  };
}

function referencesTo(events: readonly EventShape[]) {
  return record(
    events,
    ({ type }) => type,
    ({ type }) => ({ $ref: `#/components/messages/${type}` }),
  );
}

function operationOf({ name, summary }: Pick<Stream, 'name' | 'summary'>) {
  return { action: 'send', summary, channel: { $ref: `#/channels/${name}` } };
}

function messageOf(event: EventShape) {
  const { type, summary } = event;
  return {
    name: type,
    title: summary,
    summary,
    contentType: 'application/json',
    payload: messageSchema(event, 'draft-7'),
    examples: [{ name: type, payload: exampleMessage(event) }],
  };
}

const Description = z.looseObject({ asyncapi: z.string(), channels: z.record(z.string(), z.unknown()) });

/** The routes of the streams' description, for programs and for people; it is made once, when it is first asked for. */
export function asyncApiRoutes(definitions: Definitions): readonly Route[] {
  let text: JsonText | undefined;
  let body: Content | undefined;
  const describe = () => asyncApiOf(definitions, ownVersion);
  return [
    defineRoute(
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
            headers: TagHeader,
            content: {
              'application/json': {
                schema: Description,
                example: { asyncapi: '3.0.0', channels: { orders: { address: 'orders' } } },
              },
            },
          },
          304: alreadyThere,
        },
      },
      async (c) => answerText(c, (text ??= jsonText(describe()))),
    ),
    defineRoute(
      'public',
      {
        method: 'get',
        path: '/asyncapi',
        operationId: 'readAsyncApiPage',
        summary: 'The Redis streams and their events as a page to read.',
        tags: ['about'],
        responses: {
          200: {
            description: 'The page.',
            content: { 'text/html': { schema: z.string(), example: '<!doctype html>…' } },
          },
        },
      },
      (c) => answerPage(c, { title: 'Streams', body: (body ??= asyncApiBody(describe())) }),
    ),
  ];
}
