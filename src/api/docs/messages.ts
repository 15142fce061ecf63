import { z } from 'zod';
import type { EventShape } from '../../streams/define-event.ts';

/** An event as it is told: its example in its envelope. */
export function exampleMessage({ type, schema, example }: EventShape): object {
  return {
    id: '019341d2-0000-7000-8000-000000000004',
    type,
    version: 1,
    schema,
    time: '2026-11-22T10:00:01.000Z',
    subject: example.subject,
    data: example.data,
  };
}

/** The envelope and the data as JSON Schema. Fields may be added later, so that others are not forbidden. */
export function messageSchema(
  { type, schema, data }: EventShape,
  target: 'draft-7' | 'draft-2020-12',
): Readonly<Record<string, unknown>> {
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
    target,
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
