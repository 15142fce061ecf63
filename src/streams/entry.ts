import { z } from 'zod';

/** Where a stream begins, before any entry. */
export const beginning = '0-0';

/** The id of an entry as Redis writes it: milliseconds, a dash, a number within the millisecond. */
export const streamId = /^(0|[1-9]\d{0,18})-(0|[1-9]\d{0,18})$/;

/** The id of the entry that an event of the log has in its stream, now and whenever the stream is built again. */
export function entryId({ entryMs, position }: Readonly<{ entryMs: number; position: number }>): string {
  return `${entryMs}-${position}`;
}

/** The moment of an entry's id, ms. */
export function entryMsOf(id: string): number {
  return Number(id.split('-')[0]);
}

/** Whether the entry `id` came after `other`. */
export function isAfter(id: string, other: string): boolean {
  const [time = '', sequence = ''] = id.split('-');
  const [otherTime = '', otherSequence = ''] = other.split('-');
  return time === otherTime ? isGreater(sequence, otherSequence) : isGreater(time, otherTime);
}

// The numbers have up to 19 digits, more than a JavaScript number holds; without leading zeros, longer is greater.
function isGreater(digits: string, others: string): boolean {
  return digits.length === others.length ? digits > others : digits.length > others.length;
}

const Fields = z.object({
  id: z.string(),
  type: z.string().regex(/^[\w.]+$/),
  version: z.coerce.number().int(),
  schema: z.coerce.number().int(),
  time: z.string(),
  subject: z.string(),
  data: z.string(),
  trace: z.string().optional(),
});
const Data = z.record(z.string(), z.unknown());

/** An event as it stands in its stream. `id` is the entry's place there; the event's own id is in `json`. */
export type StreamEntry = Readonly<{
  id: string;
  eventId: string;
  type: string;
  subject: string;
  version: number;
  timeMs: number;
  data: Readonly<Record<string, unknown>>;
  /** `{id,type,version,schema,time,subject,data}` on one line, made once however many read it. */
  json: string;
  /** The `traceparent` of what caused it; it is not for those who follow. */
  trace: string | undefined;
}>;

/** An event as everybody outside sees it, on one line: followers of a stream and endpoints of webhooks get the same bytes. */
export function eventJson(event: Omit<z.output<typeof Fields>, 'data' | 'trace'> & Readonly<{ data: object }>): string {
  const { id, type, version, schema, time, subject, data } = event;
  return JSON.stringify({ id, type, version, schema, time, subject, data });
}

/** The entry behind a reply of XREAD or XRANGE; undefined for one that is none of ours. */
export function parseEntry([id, fields]: readonly [id: string, fields: readonly string[]]): StreamEntry | undefined {
  const pairs = Array.from({ length: fields.length / 2 }, (_, index) => [fields[index * 2], fields[index * 2 + 1]]);
  const event = Fields.safeParse(Object.fromEntries(pairs));
  const data = event.success ? parseData(event.data.data) : undefined;
  if (!event.success || !data) return undefined;
  const { trace, ...shown } = event.data;
  const { type, subject, version, time } = shown;
  return {
    id,
    eventId: shown.id,
    type,
    subject,
    version,
    timeMs: Date.parse(time),
    data,
    trace,
    json: eventJson({ ...shown, data }),
  };
}

function parseData(text: string): z.output<typeof Data> | undefined {
  try {
    return Data.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
