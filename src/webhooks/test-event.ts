import { z } from 'zod';
import type { EventShape } from '../streams/define-event.ts';

const exampleId = '019341d2-0000-7000-8000-000000000007';
const data = z.object({ webhook_id: z.uuid() });

/** What is sent to try a webhook; it stands on no stream, for nothing has happened. */
export const webhookTest = {
  type: 'webhook.test',
  schema: 1,
  summary: 'Somebody tries a webhook; nothing has happened.',
  data,
  example: { subject: exampleId, data: { webhook_id: exampleId } },
} as const satisfies EventShape<typeof data>;
