import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { marketEvents, orderEvents } from '../../../dashboard/src/api/heard-events.ts';
import { asyncApiOf } from '../../../src/api/docs/asyncapi.ts';
import { loadDefinitions } from '../../../src/jobs/load-definitions.ts';
import { defineEvent, defineStream } from '../../../src/streams/define-event.ts';
import { webhookTest } from '../../../src/webhooks/test-event.ts';
import { openTestApi, type TestApi } from '../../support/api/test-api.ts';

const Reference = z.object({ $ref: z.string() });
const Message = z.object({
  name: z.string(),
  summary: z.string(),
  payload: z.looseObject({ required: z.array(z.string()) }),
  examples: z.array(z.object({ payload: z.looseObject({ subject: z.string(), data: z.unknown() }) })).length(1),
});
const Document = z.object({
  asyncapi: z.string(),
  info: z.object({ title: z.string(), version: z.string() }),
  channels: z.record(
    z.string(),
    z.object({
      address: z.string().nullable(),
      messages: z.record(z.string(), Reference),
      'x-redis-stream': z.unknown().optional(),
    }),
  ),
  operations: z.record(z.string(), z.object({ action: z.literal('send'), channel: Reference })),
  components: z.object({ messages: z.record(z.string(), Message) }),
});

const fields = ['id', 'type', 'version', 'schema', 'time', 'subject', 'data'];
const definitions = await loadDefinitions();
let api: TestApi;
let document: z.output<typeof Document>;
beforeAll(async () => {
  api = await openTestApi();
  const answer = await api.send('GET', '/asyncapi.json');
  document = Document.parse(await answer.json());
});
afterAll(() => api.close());

/** What stands at `#/a/b` of the document. */
function at({ $ref }: z.output<typeof Reference>): unknown {
  return $ref
    .slice(2)
    .split('/')
    .reduce((part: unknown, key) => z.record(z.string(), z.unknown()).parse(part)[key], document);
}

describe('the description of the streams', () => {
  it('names no event of orders or market data that the live page does not hear, for it would count it as missed', () => {
    const typesOf = (channel: string) => Object.keys(document.channels[channel]?.messages ?? {}).toSorted();
    expect(marketEvents.toSorted()).toEqual(typesOf('market'));
    expect(orderEvents.toSorted()).toEqual(typesOf('orders'));
  });

  it('is AsyncAPI 3 of this very version', async () => {
    const { default: manifest } = await import('../../../package.json', { with: { type: 'json' } });
    expect(document).toMatchObject({ asyncapi: '3.0.0', info: { title: 'Orderflow', version: manifest.version } });
  });

  it('has every stream with its key and length, and every event on its own', () => {
    const { webhooks, ...streams } = document.channels;
    expect(Object.keys(streams).toSorted()).toEqual([...definitions.streams.keys()].toSorted());
    for (const { type, stream } of definitions.events.values()) {
      const channel = document.channels[stream.name];
      expect(channel?.['x-redis-stream']).toMatchObject({ key: stream.name, maxlen: stream.maxLength });
      expect(channel?.messages).toHaveProperty([type]);
    }
    const listed = Object.values(streams).flatMap(({ messages }) => Object.keys(messages));
    expect(listed.toSorted()).toEqual([...definitions.events.keys()].toSorted());
    // Webhooks are told of all of them, and of a try.
    const told = [...listed, webhookTest.type].toSorted();
    expect(Object.keys(webhooks?.messages ?? {}).toSorted()).toEqual(told);
    expect(Object.keys(document.components.messages).toSorted()).toEqual(told);
  });

  it('refers to nothing that is not in it', () => {
    const channels = Object.values(document.channels);
    for (const reference of channels.flatMap(({ messages }) => Object.values(messages)))
      expect(at(reference), reference.$ref).toHaveProperty('payload');
    for (const { channel } of Object.values(document.operations)) expect(at(channel)).toHaveProperty('address');
    expect(Object.keys(document.operations)).toHaveLength(channels.length);
  });

  it('shows each event whole, by a schema and an example that fits it', () => {
    for (const [type, { payload, examples }] of Object.entries(document.components.messages)) {
      const { data } = definitions.events.get(type) ?? webhookTest;
      expect(payload.required.toSorted(), type).toEqual(fields.toSorted());
      const schema = z.fromJSONSchema(z.record(z.string(), z.any()).parse(payload));
      for (const { payload: example } of examples) {
        expect(schema.safeParse(example).error, type).toBeUndefined();
        expect(data.safeParse(example['data']).error, type).toBeUndefined();
        expect(schema.safeParse({ ...example, type: 'another.type' }).success).toBe(false);
        expect(schema.safeParse({ ...example, data: {} }).success, type).toBe(false);
        // Consumers are told to expect fields that are added later.
        expect(
          schema.safeParse({ ...example, data: { ...z.looseObject({}).parse(example['data']), later: 1 } }).success,
          type,
        ).toBe(true);
      }
    }
  });

  it('has an event that is added, by itself', () => {
    const parcels = defineStream({ name: 'parcels', summary: 'Parcels, in order per parcel.', maxLength: 1_000 });
    const moved = defineEvent(parcels, {
      type: 'parcel.moved',
      schema: 2,
      summary: 'A parcel has moved.',
      data: z.object({ step: z.int() }),
      example: { subject: 'a', data: { step: 1 } },
    });
    const added = asyncApiOf(
      {
        ...definitions,
        streams: new Map([[parcels.name, parcels]]),
        events: new Map([[moved.type, moved]]),
      },
      '1.0.0',
    );
    expect(added).toMatchObject({
      channels: { parcels: { 'x-redis-stream': { maxlen: 1_000 }, messages: { 'parcel.moved': {} } } },
      operations: { 'announce-parcels': { channel: { $ref: '#/channels/parcels' } } },
      components: {
        messages: {
          'parcel.moved': {
            payload: { properties: { schema: { const: 2 }, data: { properties: { step: { type: 'integer' } } } } },
            examples: [{ payload: { subject: 'a', schema: 2, data: { step: 1 } } }],
          },
        },
      },
    });
  });
});

it('the page shows every stream, every event and every field of its data, with an example', async () => {
  const page = await (await api.send('GET', '/asyncapi')).text();
  for (const name of definitions.streams.keys()) expect(page).toContain(`<h2 id="${name}">`);
  for (const [type, { payload }] of Object.entries(document.components.messages)) {
    const [, part = ''] = page.split(`<h3 id="${type}">`);
    const [own = ''] = part.split('<h3');
    const Data = z.object({
      properties: z.object({ data: z.looseObject({ properties: z.looseObject({}).optional() }) }),
    });
    for (const field of Object.keys(Data.parse(payload).properties.data.properties ?? {}))
      expect([type, own]).toEqual([type, expect.stringContaining(`<code>${field}</code>`)]);
    expect(own).toContain('<pre>');
  }
});
