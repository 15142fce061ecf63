import { z } from 'zod';

const text = z.string();
const count = z.int().nonnegative();

/** One request of a client, and what was said to it; status 0: nothing, and nobody knows what became of it. */
const Asked = z.strictObject({
  key: text,
  askedMs: z.number(),
  status: count,
  order: text.nullable(),
  /** A digest of the answer's bytes. */
  answer: text,
  /** The names of the answer's fields, sorted. */
  fields: text,
});
export type Asked = z.infer<typeof Asked>;

const Event = z.strictObject({ id: text, subject: text, version: count, type: text });
const Age = z.strictObject({ what: text, order: text.nullable(), seconds: z.number() });

/**
 * What there is to judge by when a run is over: what clients were told, the gateway's own books, the rows of MySQL, the log, the
 * stream, and what receivers of webhooks were sent. It is read without the product's code.
 */
export const Evidence = z.strictObject({
  asked: z.array(Asked),
  /** Of each status that the description names for `POST /orders`, the fields that its answer must have. */
  described: z.record(text, z.array(text)),
  ledger: z.array(
    z.strictObject({ type: z.enum(['charge', 'refund']), order: text.nullable(), amount: count, currency: text }),
  ),
  orders: z.array(z.strictObject({ id: text, status: text, totalMinor: count, refundedMinor: count, currency: text })),
  payments: z.array(z.strictObject({ id: text, order: text, status: text, gatewayKey: text })),
  keys: z.array(z.strictObject({ key: text, order: text })),
  /** Every change of a status, in the order of changes. */
  moves: z.array(z.strictObject({ order: text, subject: text, subjectId: text, from: text.nullable(), to: text })),
  log: z.array(Event.extend({ stream: text, position: count.nullable() })),
  streamed: z.array(Event),
  /** What endpoints were sent, in the order in which they answered. */
  told: z.array(Event.extend({ endpoint: text, status: count })),
  endpoints: z.array(text),
  /** What waits in MySQL: jobs to be sent, payments that nobody has settled. */
  waiting: z.array(Age),
  /** Since the last fault. */
  quietSeconds: z.number(),
  /** `exit`: null while it lives; a number or a signal when it has ended. */
  processes: z.array(
    z.strictObject({ role: text, exit: z.union([z.int(), text]).nullable(), isOurDoing: z.boolean(), output: text }),
  ),
  /** What is held before the faults and after them: of memory after a collection, of connections. */
  held: z.array(z.strictObject({ what: text, before: z.number(), after: z.number() })),
  /** What nobody may find in an output. */
  canaries: z.array(text),
  calls: z.strictObject({ atMs: z.array(z.number()), windows: z.array(z.strictObject({ ms: count, most: count })) }),
});
export type Evidence = z.infer<typeof Evidence>;

/** What was found to be otherwise than it must be; `order` is whose it is, where it is anybody's. */
export type Fault = Readonly<{ what: string; order?: string | null }>;
