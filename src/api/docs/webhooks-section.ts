import type { Definitions } from '../../jobs/load-definitions.ts';
import type { EventShape } from '../../streams/define-event.ts';
import { webhookTest } from '../../webhooks/test-event.ts';
import { exampleMessage, messageSchema } from './messages.ts';

/** The section `webhooks` of OpenAPI: what is posted to receivers, from the definitions of the events. */
export function webhooksSection({ events }: Pick<Definitions, 'events'>): Readonly<Record<string, object>> {
  return Object.fromEntries([...events.values(), webhookTest].map((event) => [event.type, { post: postOf(event) }]));
}

function postOf(event: EventShape): object {
  const content = { schema: messageSchema(event, 'draft-2020-12'), example: exampleMessage(event) };
  return {
    summary: event.summary,
    tags: ['webhooks'],
    security: [],
    parameters: headers.map(([name, description, example]) => ({
      name,
      in: 'header',
      required: true,
      description,
      schema: { type: 'string' },
      example,
    })),
    requestBody: { required: true, content: { 'application/json': content } },
    responses: {
      '2XX': { description: 'Taken; of this subject the next event may come.' },
      '410': { description: 'The receiver is gone: the webhook is paused.' },
      default: { description: 'Not taken: it is sent again later, with the same `webhook-id`.' },
    },
  };
}

const headers = [
  ['webhook-id', 'The event’s id, the same however often it comes.', '019341d2-0000-7000-8000-000000000004'],
  ['webhook-timestamp', 'When this try was made, UNIX seconds.', '1795341601'],
  [
    'webhook-signature',
    'HMAC-SHA256 after Standard Webhooks; two of them while two secrets count.',
    'v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=',
  ],
] as const;
