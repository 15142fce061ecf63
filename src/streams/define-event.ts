import type { z } from 'zod';

/**
 * A Redis stream: `name` is its key, and about `maxLength` of its newest entries are kept. In the log its events stay for
 * `loggedDays`, or for ever.
 */
export type Stream = Readonly<{ name: string; summary: string; maxLength: number; loggedDays?: number }>;

/** A fact that is announced: past tense, on one stream, with data that its zod schema describes. */
export type EventDefinition<Data extends z.ZodType = z.ZodType> = Readonly<{
  stream: Stream;
  type: string;
  /** Version of the data's shape; consumers see it as the field `schema`. */
  schema: number;
  summary: string;
  data: Data;
  /** One of them as it could be: its subject and its data, for `/asyncapi.json`. */
  example: Readonly<{ subject: string; data: z.input<Data> }>;
}>;

/** An event without where it is announced. */
export type EventShape<Data extends z.ZodType = z.ZodType> = Omit<EventDefinition<Data>, 'stream'>;

/** Declares a stream; one file `name.stream.ts` holds it and its events. */
export function defineStream<const S extends Stream>(stream: S): S {
  return stream;
}

/** Declares an event of a stream. New fields must be optional; any other change is a new `schema`. */
export function defineEvent<Data extends z.ZodType>(stream: Stream, event: EventShape<Data>): EventDefinition<Data> {
  return { stream, ...event };
}
